# A PSGI application: plackup -s FCGI --listen ADDRESS app.psgi
use strict;
use warnings;

sub {
    my $env = shift;
    return [ 200, [ 'Content-Type' => 'text/plain' ], ["plack: $env->{REQUEST_METHOD} $env->{SCRIPT_NAME}$env->{PATH_INFO}\n"] ];
};
