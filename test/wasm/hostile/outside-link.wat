;; Makes a symbolic link to a file of the machine and opens it. Exits with the errno of the opening plus 100 times that of the link.
(module
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "/etc/passwd")
  (data (i32.const 32) "link")
  (func (export "_start")
    (call $proc_exit (i32.add
      (i32.mul (i32.const 100) (call $path_symlink (i32.const 16) (i32.const 11) (i32.const 3) (i32.const 32) (i32.const 4)))
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 4) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))))))
