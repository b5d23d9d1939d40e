package Assist;

# What can be said about code without running it, and about the names in it.

use strict;
use warnings;
use utf8;
use B ();

my @WORDS = qw(
  abs accept and atan2 binmode bless caller chdir chmod chomp chop chr close closedir cmp cos defined
  delete die each else elsif eof eval exec exists exit exp for foreach fork format ge given glob gmtime
  grep hex if import index int join keys last lc lcfirst length local localtime log lstat map mkdir my
  next not oct open opendir or ord our pack package pipe pop pos print printf prototype push quotemeta
  rand read readdir readline readlink redo ref rename require return reverse rewinddir rindex rmdir say
  scalar seek select shift sin sleep sort splice split sprintf sqrt srand stat state sub substr symlink
  system tell tie time truncate uc ucfirst umask undef unless unlink unpack unshift untie until use
  values vec wait waitpid wantarray warn while write xor
);

sub answer {
    my ( $type, $code, $offset ) = @_;
    my @fields = eval {
        $type eq 'P' ? completeness($code)
          : $type eq 'C' ? complete( $code, $offset )
          :                inspect( $code, $offset );
    };
    return $@ ? { C => [ 0, 0 ], I => [], P => [ 'unknown', '' ] }->{$type}->@* : @fields;
}

sub complete {
    my ( $code, $offset ) = @_;
    my $before = substr $code, 0, $offset;
    my ( $typed, @names );
    if ( $before =~ /(\$?[\w:]+)->(\w*)\z/ ) {
        $typed = $2;
        @names = methods($1);
    }
    elsif ( $before =~ /([\$\@%])([\w:]*)\z/ ) {
        $typed = $1 . $2;
        @names = variables( $1, $2 );
    }
    else {
        ($typed) = $before =~ /([\w:]*)\z/;
        @names = length $typed ? ( @WORDS, subs($typed) ) : ();
    }
    my %seen;
    my @matches = grep { index( $_, $typed ) == 0 && !$seen{$_}++ } sort @names;
    return $offset - length $typed, $offset, @matches > 500 ? @matches[ 0 .. 499 ] : @matches;
}

# A symbol table, and what its names are to be preceded by.
sub table {
    my ($typed) = @_;
    my ($prefix) = $typed =~ /^((?:\w+::)*)/;
    no strict 'refs';
    return $prefix, \%{ 'main::' . $prefix };
}

sub variables {
    my ( $sigil, $typed ) = @_;
    my ( $prefix, $table ) = table($typed);
    my @names;
    for my $name ( grep { /^[^\W\d]\w*(?:::)?\z/ } keys %$table ) {
        my $glob = \$table->{$name};
        next unless ref $glob eq 'GLOB';
        my $there = $sigil eq '@' ? *$glob{ARRAY} : $sigil eq '%' ? *$glob{HASH} : 1;
        $there = defined ${ *$glob{SCALAR} } || *$glob{ARRAY} || *$glob{HASH} if $sigil eq '$';
        push @names, "$sigil$prefix$name" if $there && $name !~ /^(?:KernelRunner|_<)/;
    }
    return @names;
}

sub subs {
    my ($typed) = @_;
    my ( $prefix, $table ) = table($typed);
    no strict 'refs';
    return map { "$prefix$_" }
      grep { /^[^\W\d]\w*(?:::)?\z/ && ( /::\z/ || defined &{"main::$prefix$_"} ) } keys %$table;
}

sub methods {
    my ($owner) = @_;
    no strict 'refs';
    if ( $owner =~ s/^\$// ) {
        $owner = ref( ${"main::$owner"} // '' ) or return;
    }
    require mro;
    my @names;
    for my $class ( @{ mro::get_linear_isa($owner) }, 'UNIVERSAL' ) {
        push @names, grep { /^[^\W\d]\w*\z/ && defined &{"${class}::$_"} } keys %{"${class}::"};
    }
    return @names;
}

sub inspect {
    my ( $code, $offset ) = @_;
    my ($start) = substr( $code, 0, $offset ) =~ /([\$\@%]?[\w:]*)\z/;
    my ($end)   = substr( $code, $offset ) =~ /^([\w:]*)/;
    my $name = $start . $end;
    no strict 'refs';
    if ( $name =~ /^([\$\@%])([\w:]+)\z/ ) {
        my $value = $1 eq '$' ? ${"main::$2"} : $1 eq '@' ? \@{"main::$2"} : \%{"main::$2"};
        return 'text/plain', "$name = " . Display::plain($value);
    }
    if ( $name ne '' && defined &{"main::$name"} ) {
        my $cv = B::svref_2object( \&{"main::$name"} );
        my ( $file, $line ) = ( $cv->FILE, $cv->START->isa('B::COP') ? $cv->START->line : '' );
        my $prototype = prototype \&{"main::$name"};
        return 'text/plain', "sub $name" . ( defined $prototype ? "($prototype)" : '' )
          . ( $file ? "\n$file" . ( $line && ":$line" ) : '' );
    }
    if ( grep { $_ eq $name } @WORDS ) {
        my $prototype = eval { prototype "CORE::$name" };
        return 'text/plain', "$name is Perl's own." . ( defined $prototype ? "\n$name($prototype)" : '' );
    }
    return;
}

sub completeness {
    my ($code) = @_;
    utf8::decode($code);
    my $status = Source->new($code)->status;
    return $status, '' if $status ne 'incomplete';
    my ($line)   = $code =~ /([^\n]*)\n*\z/;
    my ($indent) = $line =~ /^(\s*)/;
    return $status, $indent . ( $line =~ /[{(\[]\s*\z/ ? '    ' : '' );
}

1;
