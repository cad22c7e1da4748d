module bkend.example/bkend

go 1.24
