#lang racket/base

;; Completion, inspection and completeness, answered while a cell runs too.

(require "evaluate.rkt"
         "frames.rkt"
         "library.rkt")

(provide assist)

(define (assist type id code [offset "0"] . more)
  (apply send type id
         (with-handlers ([exn:fail? (lambda (e) (hash-ref nothing type))])
           (case type
             [("C") (complete code (string->number offset))]
             [("I") (inspect code (string->number offset))]
             [("P") (judge code)]))))

(define nothing (hash "C" '("0" "0") "I" '() "P" '("unknown" "")))

(define delimiters "][(){}\",'`;\\s")
(define before-cursor (pregexp (format "[^~a]*$" delimiters)))
(define after-cursor (pregexp (format "^[^~a]*" delimiters)))

(define (bytes-of text)
  (bytes-length (string->bytes/utf-8 text)))

;; The code before and after a byte offset.
(define (split code offset)
  (define bytes (string->bytes/utf-8 code))
  (values (bytes->string/utf-8 (subbytes bytes 0 offset) #\uFFFD)
          (bytes->string/utf-8 (subbytes bytes offset) #\uFFFD)))

(define (word-before text)
  (regexp-replace #rx"^#+" (car (regexp-match before-cursor text)) ""))

(define (complete code offset)
  (define-values (before after) (split code offset))
  (define word (word-before before))
  (define matches
    (if (string=? word "")
        '()
        (sort (for*/list ([symbol (in-list (namespace-mapped-symbols user-namespace))]
                          [name (in-value (symbol->string symbol))]
                          #:when (starts? name word))
                name)
              string<?)))
  (list* (- offset (bytes-of word)) offset matches))

(define (starts? name prefix)
  (define size (string-length prefix))
  (and (>= (string-length name) size) (string=? (substring name 0 size) prefix)))

(define (inspect code offset)
  (define-values (before after) (split code offset))
  (define word (string-append (word-before before) (car (regexp-match after-cursor after))))
  (define text (and (not (string=? word "")) (describe (string->symbol word))))
  (if text (list "text/plain" text) '()))

(define (describe name)
  (parameterize ([current-namespace user-namespace])
    (define origin (origin-of name))
    (define value
      (with-handlers ([exn:fail:syntax? (lambda (e) syntax-of)]
                      [exn:fail? (lambda (e) unbound)])
        (namespace-variable-value name)))
    (cond
      [(eq? value unbound) #f]
      [(eq? value syntax-of) (format "~a: syntax~a" name origin)]
      [(procedure? value) (format "~a: procedure~a\n~a" name origin (signature name value))]
      [else (format "~a: ~.v~a" name value origin)])))

(define unbound (string->uninterned-symbol "unbound"))
(define syntax-of (string->uninterned-symbol "syntax"))

(define (origin-of name)
  (define binding (identifier-binding (namespace-symbol->identifier name)))
  (if (list? binding)
      (format " from ~s" (let-values ([(module base) (module-path-index-split (caddr binding))])
                           module))
      ""))

(define (signature name procedure)
  (define-values (required allowed) (procedure-keywords procedure))
  (define arity (procedure-arity procedure))
  (format "~a"
          (append (list name)
                  (arity->arguments arity)
                  (for/list ([keyword (in-list (or allowed '()))]
                             #:unless (memq keyword required))
                    (format "[~a]" keyword))
                  required)))

(define (arity->arguments arity)
  (define (arguments count)
    (for/list ([n (in-range count)])
      (string-append "arg" (number->string (add1 n)))))
  (cond
    [(integer? arity) (arguments arity)]
    [(arity-at-least? arity) (append (arguments (arity-at-least-value arity)) '("..."))]
    [else (append (arity->arguments (car arity)) '("..."))]))

(define (judge code)
  (with-handlers ([exn:fail:read:eof? (lambda (e) '("incomplete" "  "))]
                  [exn:fail:read? (lambda (e) '("invalid" ""))])
    (read-cell 'cell code)
    '("complete" "")))
