# A PSGI application: plackup -s FCGI --listen ADDRESS app.psgi
use strict;
use warnings;
use IO::Socket::INET;

my $application = sub {
    my $env = shift;
    return \&stream if $env->{PATH_INFO} eq '/stream';
    return [ 200, [ 'Content-Type' => 'text/plain' ], ["plack: $env->{REQUEST_METHOD} $env->{SCRIPT_NAME}$env->{PATH_INFO}\n"] ];
};

# Each piece leaves when it is made; where GATE is set, the next one is made when whoever listens there has hung up.
sub stream {
    local $| = 1;    # or FCGI.pm keeps what is written until there is more
    my $writer = shift->( [ 200, [ 'Content-Type' => 'text/plain' ] ] );
    for my $number ( 0 .. 2 ) {
        $writer->write("piece $number\n");
        my $gate = $ENV{GATE} && $number < 2 && IO::Socket::INET->new( PeerAddr => $ENV{GATE} );
        $gate->read( my $hung_up, 1 ) if $gate;
    }
    $writer->close;
}

$application;
