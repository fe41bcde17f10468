;; A rule whose name is no text.
(data (i32.const 3072) "\ff")
