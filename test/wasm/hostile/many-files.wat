;; Makes files of different names until it is refused. Exits with the errno.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $number i32) (local $rest i32) (local $at i32) (local $errno i32)
    (loop $next
      ;; The name: the number in eight letters.
      (local.set $rest (local.get $number))
      (local.set $at (i32.const 16))
      (loop $letter
        (i32.store8 (local.get $at) (i32.add (i32.const 97) (i32.and (local.get $rest) (i32.const 15))))
        (local.set $rest (i32.shr_u (local.get $rest) (i32.const 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $letter (i32.lt_u (local.get $at) (i32.const 24))))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (local.set $errno (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 8) (i32.const 1)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))
      (br_if $next (i32.eqz (local.get $errno))))
    (call $proc_exit (local.get $errno))))
