;; Takes a mebibyte at a time for as long as it gets any.
(func $construct (param i32) (loop $more (drop (memory.grow (i32.const 16))) (br $more)))
