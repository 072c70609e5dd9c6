/**
 * Options of fastify for servers whose routes have no schemas: octets come in and go out, and are checked where they are read. What fastify would
 * compile schemas with takes megabytes and a tenth of a second of each start.
 */
const none = (): never => {
  throw new Error('routes have no schemas here')
}

export const schemaless = {
  logger: false,
  schemaController: { compilersFactory: { buildValidator: none, buildSerializer: none } },
} as const
