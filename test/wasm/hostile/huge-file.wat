;; Makes a file, sets its size to 4 PB, and then writes pages of 64 KB until it is refused. Exits with the errno of the last write plus 100 times that of the size.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "f")
  (func (export "_start") (local $size i32) (local $errno i32)
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 1)
      (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 8)))
    (local.set $size (call $fd_filestat_set_size (i32.load (i32.const 8)) (i64.const 0x10000000000000)))
    (i32.store (i32.const 4) (i32.const 65536))
    (loop $more
      (local.set $errno (call $fd_write (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i32.const 12)))
      (br_if $more (i32.eqz (local.get $errno))))
    (call $proc_exit (i32.add (local.get $errno) (i32.mul (i32.const 100) (local.get $size))))))
