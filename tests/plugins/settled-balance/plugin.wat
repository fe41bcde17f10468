;; Declares the balance that is the host's.
(data (i32.const 3104) "settled")
