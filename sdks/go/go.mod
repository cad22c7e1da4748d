module github.com/keystile/keystile/sdks/go

go 1.24
