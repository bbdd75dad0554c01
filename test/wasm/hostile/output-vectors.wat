;; Writes all of its memory 4096 times to stderr, in one call: 256 MB.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $at i32)
    (loop $next
      (i32.store offset=4 (local.get $at) (i32.const 65536))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 32768))))
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 4096) (i32.const 40000)))))
