//go:build tools

// Package tools keeps the provider's main package among the requirements, so that `go build` resolves it.
package tools

import _ "github.com/terraform-providers/terraform-provider-docker"
