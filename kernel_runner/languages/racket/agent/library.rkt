#lang racket/base

;; The namespace of the cells: all of `racket`, which takes 200 ms to load. That is done beside
;; everything else, and only a cell that needs it waits for it.

(require (for-syntax racket/base)
         racket/runtime-path)

(provide finish-loading
         load-library
         library-loading
         require-for
         user-namespace)

(define-runtime-module-path-index show-module "show.rkt")

(define user-namespace (current-namespace)) ; the one of the agent's own modules: they are shared

(define names-for-cells
  '(jupyter-clear-output jupyter-display jupyter-show-with jupyter-update))

(define (require-for-cells module)
  (parameterize ([current-namespace user-namespace])
    (namespace-require module)))

;; Found out when this is compiled: nothing is to be loaded for it at run time.
(define-syntax (only-in-racket stx)
  (define (exports module)
    (dynamic-require module (void))
    (define-values (variables syntaxes) (module->exports module))
    (for*/list ([phase (in-list (append variables syntaxes))]
                #:when (eqv? (car phase) 0)
                [export (in-list (cdr phase))])
      (car export)))
  (define base (for/hasheq ([name (in-list (exports 'racket/base))]) (values name #t)))
  (define names
    (for/list ([name (in-list (exports 'racket))]
               #:unless (hash-ref base name #f))
      name))
  (datum->syntax stx (list 'quote names)))

;; What only `racket` has, and what could bring in a name that it would then hide.
(define later-names
  (for/hasheq ([name (in-list (append (only-in-racket)
                                      '(dynamic-require eval include load module namespace-require
                                        read require submod)))])
    (values name #t)))

(define loaded? #f)
(define library-loading #f) ; a thread

(define (load-library)
  (require-for-cells 'racket/base)
  (require-for-cells
   `(only ,(resolved-module-path-name (module-path-index-resolve show-module))
          ,@names-for-cells))
  (set! library-loading
        (parameterize ([current-namespace user-namespace])
          (thread (lambda () (dynamic-require 'racket #f))))))

;; Make sure that what these forms need is there.
(define (require-for forms)
  (unless (or loaded? (not (needs-library? forms)))
    (finish-loading)))

(define (finish-loading)
  (unless loaded?
    (thread-wait library-loading)
    (set! loaded? #t)
    (require-for-cells 'racket)))

(define (needs-library? form)
  (cond
    [(syntax? form) (needs-library? (syntax-e form))]
    [(symbol? form) (hash-ref later-names form #f)]
    [(pair? form) (or (needs-library? (car form)) (needs-library? (cdr form)))]
    [(vector? form) (for/or ([part (in-vector form)]) (needs-library? part))]
    [(box? form) (needs-library? (unbox form))]
    [else #f]))
