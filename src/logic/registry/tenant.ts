/** Everything belongs to the first tenant until there are others. */
export const TENANT = 1
