package Source;

# A cell's text, read just closely enough to know strings and comments from code.

use strict;
use warnings;
use utf8;

my %CLOSING = ( '(' => ')', '[' => ']', '{' => '}', '<' => '>' );

my $NAME = qr/(?:::)?(?:\w+(?:(?:::|')\w+)*|\^\w)/;

# After these words there is a term, so that a slash begins a pattern.
my $TERM = qr/^(?:split|grep|map|join|if|unless|while|until|and|or|not|return|push|x|lt|gt|eq|ne|when|print|say)$/;

# What has no value that anybody would like to see.
my $QUIET = qr/^(?:print|printf|say|use|no|sub|package|for|foreach|while|until|if|unless|require
  |BEGIN|END|close|open|binmode|local|our|my|state|push|unshift|sleep|format|undef|delete|chdir
  |mkdir|unlink|warn|system|exec|chomp|chop|srand|select|seek|display|update_display|clear_output)$/x;

sub new {
    my ( $class, $text ) = @_;
    my $self = bless {
        text      => $text,
        variables => [],
        package   => '',
        depth     => [],         # open brackets
        status    => 'complete',
        first     => undef,      # the last statement's first word
        assigns   => 0,
    }, $class;
    $self->scan;
    return $self;
}

# The code to be compiled. $end tells what is in force at its end; after the last statement it would
# take its value away, so it comes before one that has a value.
sub text {
    my ( $self, $end ) = @_;
    return "$self->{result}\n;$end" unless $self->has_value;
    return substr( $self->{result}, 0, $self->{at} ) . $end . substr $self->{result}, $self->{at};
}

sub variables { return @{ $_[0]{variables} } }

# complete, incomplete or invalid
sub status {
    my ($self) = @_;
    return $self->{status} if $self->{status} ne 'complete';
    return @{ $self->{depth} } ? 'incomplete' : 'complete';
}

sub has_value {
    my ($self) = @_;
    return 0 if $self->{assigns} || !defined $self->{first};
    return $self->{first} !~ $QUIET;
}

sub scan {
    my ($self) = @_;
    my ( $term, @heredocs, $previous ) = (1);
    $self->{result} = '';
    local $_ = $self->{text};
    pos = 0;
    while ( pos() < length ) {
        my $from = pos;
        if (/\G\n/gc) {
            for my $heredoc ( splice @heredocs ) {
                $self->skip_heredoc($heredoc);
            }
            /\G=[a-zA-Z].*?(?:^=cut\b[^\n]*|\z)/gcsm;
        }
        elsif ( $from == 0 && /\G=[a-zA-Z].*?(?:^=cut\b[^\n]*|\z)/gcsm ) { }
        elsif (/\G(?:[^\S\n]+|#[^\n]*)/gc) { }
        elsif (/\G__(?:END|DATA)__\b.*/gcs) { }
        elsif ( $term && /\G<<(~?)(?:"([^"\n]*)"|'([^'\n]*)'|([A-Za-z_]\w*))/gc ) {
            push @heredocs, [ $1, $2 // $3 // $4 ];
            $self->seen('');
            $term = 0;
        }
        elsif ( ( $previous // '' ) ne '->' && /\G(?:q[qwrx]?|m|s|tr|y)\b(?!\s*(?:=>|[=,;)]|$))/gc
            && $self->skip_quoted( substr $_, $from, pos() - $from ) )
        {
            $self->seen('');
            $term = 0;
        }
        elsif (/\G(["'`])/gc || $term && m{\G(/)}gc) {
            $self->skip_until( quotemeta $1 );
            /\G[a-z]+/gc if $1 eq '/';
            $self->seen('');
            $term = 0;
        }
        elsif (/\G(?:\$#?|\@)\$*$NAME/gc
            || ( $term || ( $previous // '' ) =~ /^[A-Za-z_]/ ) && /\G[%&]\$*$NAME/gc
            || /\G\$(?:[^\w\s{(]|(?=[{]))/gc )
        {
            $self->seen('');
            $term = 0;
        }
        elsif (/\G[A-Za-z_]\w*(?:::\w+)*/gc) {
            my $word = substr $_, $from, pos() - $from;
            $word = $self->word( $word, $previous // '' );
            $self->{result} .= $word;
            $term     = $word =~ $TERM;
            $previous = $word;
            next;
        }
        elsif (/\G\d[\w.]*/gc) {
            $self->seen('');
            $term = 0;
        }
        elsif (/\G(?:->|=>|==|=~|!~|<=>|<=|>=|!=|::|\+\+|--|&&|\|\||\/\/)/gc) {
            $term = substr( $_, $from, pos() - $from ) !~ /^(?:\+\+|--)$/;
        }
        elsif (/\G([-+*\/.%x&|^]|\*\*|&&|\|\||\/\/|<<|>>)?=/gc) {
            $self->{assigns} = 1 unless @{ $self->{depth} };
            $term = 1;
        }
        else {
            /\G./gcs;
            $term = $self->punctuation( substr $_, $from, 1 );
        }
        my $piece = substr $_, $from, pos() - $from;
        $previous = $piece unless $piece =~ /^(?:\s|#)/;
        $self->{result} .= $piece;
    }
    $self->{status} = 'incomplete' if @heredocs && $self->{status} eq 'complete';
    return;
}

sub punctuation {
    my ( $self, $character ) = @_;
    my $depth = $self->{depth};
    if ( $character eq ';' && !@$depth ) {
        $self->{ended} = 1;
    }
    elsif ( $CLOSING{$character} && $character ne '<' ) {
        # A block or a hash: Perl itself looks at what comes first.
        my $block = $character eq '{' && !/\G(?=\s*(?:\}|(?:\w+|"[^"]*"|'[^']*'|\$\w+)\s*(?:=>|,)))/gc;
        $self->seen( $block ? 'if' : '' );
        push @$depth, $CLOSING{$character};
    }
    elsif ( $character =~ /^[)\]}]$/ ) {
        my $expected = pop @$depth;
        $self->{status} = 'invalid' if !defined $expected || $expected ne $character;
        $self->{ended} = 1 if $character eq '}' && !@$depth && ( $self->{first} // '' ) =~ /^(?:if|unless|for|foreach|while|until|sub|package|BEGIN|END)$/;
        return $character eq '}';
    }
    else {
        $self->seen('');
    }
    return 1;
}

# The next piece of a statement; at the top level, perhaps the first.
sub seen {
    my ( $self, $word ) = @_;
    if ( $word =~ /^(?:else|elsif|continue)$/ ) {
        $self->{ended} = 0;    # it is the same statement still
    }
    elsif ( !@{ $self->{depth} } && ( $self->{ended} || !defined $self->{first} ) ) {
        @$self{qw(first ended assigns at)} = ( $word, 0, 0, length $self->{result} );
    }
    return;
}

# A word of the code, as it is to be compiled; pos is behind it.
sub word {
    my ( $self, $word, $previous ) = @_;
    $self->seen($word);
    return $word if $previous eq '->' || /\G(?=\s*=>)/gc || grep { $_ eq '}' } @{ $self->{depth} };
    if ( $word eq 'package' && /\G(?=\s+([\w:]+)\s*;)/gc ) {
        $self->{package} = $1;
    }
    elsif ( $word =~ /^(?:my|state)$/ && /\G(?=\s*(?:[\w:]+\s+)?(\(([^()]*)\)|[\$\@%]\w+))/gc ) {
        push @{ $self->{variables} }, [ $self->{package}, $_ ] for ( $2 // $1 ) =~ /[\$\@%]\w+/g;
        return 'our';
    }
    return $word;
}

sub skip_until {
    my ( $self, $end ) = @_;
    do {
        /\G[^\\$end]+/gc;
        return if /\G$end/gc;
    } while /\G\\./gcs;
    pos = length;
    $self->{status} = 'incomplete';
    return;
}

# A quote-like operator's delimited parts; false where it is none.
sub skip_quoted {
    my ( $self, $operator ) = @_;
    my $start = pos;
    /\G\s+/gc;
    if ( !/\G([^\w\s,;)])/gc || $1 eq '#' && pos() > $start + 1 ) {
        pos = $start - length $operator;
        return 0;
    }
    my $open = $1;
    $self->skip_delimited($open);
    if ( $operator =~ /^(?:s|tr|y)$/ ) {
        if ( $CLOSING{$open} ) {
            /\G\s*(\S)/gc and $self->skip_delimited($1);
        }
        else {
            $self->skip_until( quotemeta $open );
        }
    }
    /\G[a-z]+/gc if $operator =~ /^(?:m|s|qr|tr|y)$/;
    return 1;
}

sub skip_delimited {
    my ( $self, $open ) = @_;
    my $close = $CLOSING{$open} or return $self->skip_until( quotemeta $open );
    my $depth = 1;
    while ( $depth && /\G(?:\\.|[^\\])/gcs ) {
        my $last = substr $_, pos() - 1, 1;
        $depth += ( $last eq $open ) - ( $last eq $close ) if substr( $_, pos() - 2, 1 ) ne '\\' || pos() < 2;
    }
    $self->{status} = 'incomplete' if $depth;
    return;
}

sub skip_heredoc {
    my ( $self, $heredoc ) = @_;
    my ( $indented, $end ) = @$heredoc;
    my $space = $indented ? '[^\S\n]*' : '';
    return if /\G.*?^$space\Q$end\E(?=\n|\z)/gcsm;
    pos = length;
    $self->{status} = 'incomplete';
    return;
}

1;
