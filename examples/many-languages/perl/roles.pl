#!/usr/bin/perl
# One application in all three roles of FastCGI, on Perl's FCGI.pm: perl roles.pl ADDRESS
use strict;
use warnings;
use FCGI;
use IO::Handle;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);

my $socket = FCGI::OpenSocket( $ARGV[0], 64 );
my ( $in, $out, $err ) = map { IO::Handle->new } 1 .. 3;
my %env;
my $request = FCGI::Request( $in, $out, $err, \%env, $socket );

while ( $request->Accept() >= 0 ) {
    my $role = $env{FCGI_ROLE} // 'RESPONDER';
    if    ( $role eq 'AUTHORIZER' ) { authorize() }
    elsif ( $role eq 'FILTER' )     { filter() }
    else                            { respond() }
}

# A login: 200 lets the request go on, with a variable for the next application; anything else is the client's answer.
sub authorize {
    my $wanted = 'Basic ' . encode_base64( 'ada:lovelace', '' );
    if ( ( $env{HTTP_AUTHORIZATION} // '' ) eq $wanted ) {
        print $out "Status: 200\r\nVariable-REMOTE_USER: ada\r\n\r\n";
    }
    else {
        print $out "Status: 401\r\nWWW-Authenticate: Basic realm=\"kitchen\"\r\nContent-Type: text/plain\r\n\r\nWho are you?\n";
    }
}

# A file that the web server sends becomes a page: headings and paragraphs of Markdown, no more.
sub filter {
    1 while read $in, my $unused, 8192;
    FCGI::StartFilterData($request);
    my $text = '';
    while ( read $in, my $piece, 8192 ) { $text .= $piece }
    print $out "Content-Type: text/html; charset=utf-8\r\n\r\n<!doctype html>\n";
    for my $block ( split /\n{2,}/, $text ) {
        $block =~ s/&/&amp;/g;
        $block =~ s/</&lt;/g;
        chomp $block;
        print $out $block =~ /^# (.*)/ ? "<h1>$1</h1>\n" : "<p>$block</p>\n";
    }
}

sub respond {
    return stream() if ( $env{PATH_INFO} // '' ) eq '/stream';
    my $body = '';
    read $in, $body, $env{CONTENT_LENGTH} // 0;
    my $user = $env{REMOTE_USER} // 'nobody';
    print $out "Content-Type: text/plain\r\n\r\n";
    print $out "perl: $env{REQUEST_METHOD} $env{PATH_INFO} for $user, ", length $body, " bytes\n";
}

# Each piece leaves when it is made; where GATE is set, the next one is made when whoever listens there has hung up.
sub stream {
    print $out "Content-Type: text/plain\r\n\r\n";
    for my $number ( 0 .. 2 ) {
        print $out "piece $number\n";
        $request->Flush();
        my $gate = $ENV{GATE} && $number < 2 && IO::Socket::INET->new( PeerAddr => $ENV{GATE} );
        $gate->read( my $end, 1 ) if $gate;
    }
}
