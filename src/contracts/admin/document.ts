import { Type } from 'typebox'
import { route } from './route.ts'

export const documentRoutes = {
  'GET /openapi.json': route({
    id: 'getOpenapi',
    tag: 'reference',
    summary: 'This API as an OpenAPI 3.1 document',
    answer: Type.Unknown(),
    can: 'nobody',
  }),
}
