/** RFC 9457, with stable codes: texts are for people at a terminal, the console has its own. */
import { type Static, Type } from 'typebox'
import { exactly, Params, Text } from './common.ts'

export const FieldError = exactly({
  pointer: Type.String({ description: 'JSON Pointer: /body/name, /query/limit, /path/id, /header/If-Match' }),
  code: Text,
  params: Params,
})
export type FieldError = Static<typeof FieldError>

export const Problem = exactly(
  {
    type: Text,
    title: Text,
    status: Type.Integer(),
    detail: Type.Optional(Text),
    code: Text,
    params: Params,
    request_id: Text,
    errors: Type.Optional(Type.Array(FieldError)),
    current: Type.Optional(Type.Unknown({ description: '412: what it is now' })),
  },
  { title: 'Problem' },
)
export type Problem = Static<typeof Problem>
