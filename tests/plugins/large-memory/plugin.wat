;; Asks for more than a sandbox has before it begins: by growing while it is described.
(func $describe (result i32) (drop (memory.grow (i32.const 1009))) (i32.const 1024))
