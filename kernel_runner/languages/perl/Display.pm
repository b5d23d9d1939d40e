package Display;

# Values as MIME bundles.

use strict;
use warnings;
use utf8;
use Data::Dumper  ();
use Scalar::Util ();

my %METHODS = (
    to_html     => 'text/html',
    to_markdown => 'text/markdown',
    to_latex    => 'text/latex',
    to_svg      => 'image/svg+xml',
    to_png      => 'image/png',
);

# MIME types and data, always with text/plain.
sub bundle {
    my (@values) = @_;
    return ( 'text/plain' => '(' . join( ', ', map { plain($_) } @values ) . ')' ) if @values != 1;
    my ($value) = @values;
    return %$value if ref $value eq 'IPerl::Rich';
    my %bundle = ( 'text/plain' => plain($value) );
    if ( Scalar::Util::blessed($value) ) {
        # What Devel::IPerl asks of an object.
        if ( $value->can('iperl_data_representations') ) {
            return ( %bundle, %{ $value->iperl_data_representations } );
        }
        for my $method ( sort keys %METHODS ) {
            $bundle{ $METHODS{$method} } = $value->$method if $value->can($method);
        }
    }
    return %bundle;
}

sub plain {
    my ($value) = @_;
    return 'undef' unless defined $value;
    if ( !ref $value ) {
        return $value if Scalar::Util::looks_like_number($value) && $value !~ /^\s|\s$/;
        ( my $text = $value ) =~ s/([\\"\$\@])/\\$1/g;
        $text =~ s/\n/\\n/g;
        $text =~ s/([\x00-\x08\x0b-\x1f\x7f])/sprintf '\\x%02x', ord $1/ge;
        return qq("$text");
    }
    local $Data::Dumper::Terse     = 1;
    local $Data::Dumper::Indent    = 1;
    local $Data::Dumper::Sortkeys  = 1;
    local $Data::Dumper::Maxdepth  = 10;
    my $text = Data::Dumper::Dumper($value);
    $text =~ s/\n\z//;
    $text =~ s/\\x\{([0-9a-f]+)\}/chr hex $1/ge;
    my $line = $text =~ s/\n\s*/ /gr;
    return length $line <= 76 ? $line =~ s/([\[{]) /$1/gr =~ s/ ([\]}])/$1/gr : $text;
}

package IPerl;

# What a cell calls, in the way of Devel::IPerl: IPerl->html('<b>bold</b>') is shown as HTML where
# it is a cell's value, and IPerl->display() shows it at once.

my %TYPES = (
    html       => 'text/html',
    markdown   => 'text/markdown',
    latex      => 'text/latex',
    svg        => 'image/svg+xml',
    png        => 'image/png',
    jpg        => 'image/jpeg',
    js         => 'application/javascript',
    json       => 'application/json',
);

for my $name ( keys %TYPES ) {
    no strict 'refs';
    *$name = sub { return rich( $TYPES{$name}, $_[1] ) };
}

sub rich {
    my ( $mime, $data ) = @_;
    return bless { 'text/plain' => "<$mime>", $mime => $data }, 'IPerl::Rich';
}

sub display {
    my ( $class, @values ) = @_;
    KernelRunner::show( 'display', '', Display::bundle($_) ) for @values;
    return;
}

# `use IPerl` and `IPerl->load_plugin` in a notebook mean this.
sub load_plugin { return }
$INC{'IPerl.pm'} = __FILE__;

package main;

# display($value), or display('text/html' => '<b>bold</b>', ...)
sub display {
    my (@what) = @_;
    my %bundle = @what > 1 ? ( 'text/plain' => "<$what[0]>", @what ) : Display::bundle(@what);
    KernelRunner::show( 'display', delete $bundle{id} // '', %bundle );
    return;
}

# Shows it in the place of what was displayed with the same id.
sub update_display {
    my ( $id, @what ) = @_;
    my %bundle = @what > 1 ? ( 'text/plain' => "<$what[0]>", @what ) : Display::bundle(@what);
    KernelRunner::show( 'update', $id, %bundle );
    return;
}

sub clear_output { return KernelRunner::clear_output(@_) }

1;
