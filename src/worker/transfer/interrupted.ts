/** A transfer that broke off. Another try may succeed. */
export class Interrupted extends Error {}
