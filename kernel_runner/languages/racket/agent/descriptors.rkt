#lang racket/base

;; What only the C library can do with descriptors. '#%foreign is what ffi/unsafe is made of:
;; that would need 30 ms to load.

(require '#%foreign)

(provide close-descriptor
         copy-descriptor
         duplicate-above
         reopen)

(define (c-function name . types)
  (ffi-call (ffi-obj name (ffi-lib #f)) types _int32))

(define c-close (c-function #"close" _int32))
(define c-dup2 (c-function #"dup2" _int32 _int32))
(define c-fcntl (c-function #"fcntl" _int32 _int32 _int32))
(define c-open (c-function #"open" _bytes _int32))

(define F_DUPFD_CLOEXEC 1030)
(define O_WRONLY #o1)
(define O_NOCTTY #o400)
(define O_CLOEXEC #o2000000)

;; A copy whose number is at least `lowest`, and which programs that are started do not get.
(define (duplicate-above fd lowest)
  (c-fcntl fd F_DUPFD_CLOEXEC lowest))

(define (close-descriptor fd)
  (void (c-close fd)))

(define (copy-descriptor from to)
  (void (c-dup2 from to)))

;; Make `fds` write to what is at `path`.
(define (reopen path . fds)
  (define name (bytes-append (string->bytes/utf-8 path) #"\0"))
  (define opened (c-open name (bitwise-ior O_WRONLY O_NOCTTY O_CLOEXEC)))
  (unless (negative? opened)
    (for ([fd (in-list fds)])
      (copy-descriptor opened fd))
    (unless (memv opened fds)
      (close-descriptor opened))))
