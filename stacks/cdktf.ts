// cdktf's modules import each other in circles. The first line begins where that works, so whatever a stack needs of them comes from here.
export { TerraformStack } from 'cdktf/lib/terraform-stack.js';
export { LocalBackend } from 'cdktf/lib/backends/local-backend.js';
export { TerraformOutput } from 'cdktf/lib/terraform-output.js';
export { TerraformProvider } from 'cdktf/lib/terraform-provider.js';
export { TerraformResource } from 'cdktf/lib/terraform-resource.js';
export { TerraformVariable } from 'cdktf/lib/terraform-variable.js';
