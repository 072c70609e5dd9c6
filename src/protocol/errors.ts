/**
 * Every stable code of this folder with its text. Texts that the old cloud composed itself are kept to the letter, misspellings
 * included, since applications may compare them.
 */
export const protocolErrors = {
  frame_truncated: 'the frame is shorter than its header',
  property_truncated: 'the frame ends inside the head of a property',
  tlv_missing: 'the frame holds fewer values than its count says',
  tlv_truncated: 'the frame ends inside a value',
  tlv_unknown_type: 'the frame holds a value of an unknown type',
  frame_trailing_bytes: 'bytes follow the last value',
  frame_kind_unknown: 'no such kind of frame',
  frame_too_long: 'too many values for one frame',
  value_wrong_type: 'wrong type of a value',
  value_not_integer: 'a fraction where an integer is expected',
  value_out_of_range: 'a value outside the range of its type',
  value_type_unknown: 'unsuport value: <nil>',
  wrong_count: 'wrong parameters.',
  wrong_format: 'wrong format',
  object_unknown: 'object not found.',
  command_unknown: 'command or event not found.',
  status_empty: 'no status given',
  command_not_one: 'exactly one command a call',
  codec_unknown: 'the codec of the product is not loaded',
  codec_failed: 'the codec of the product cannot read the frame',
  codec_refused: 'the codec of the product cannot express this',
  model_wrong_format: 'wrong product configuration',
  json_wrong_format: 'malformed JSON',
  json_too_deep: 'JSON nested too deeply',
  key_wrong_format: 'invalid key format.',
  aes_key_wrong_length: 'invalid aes key length, should be 16, 24 or 32 bytes.',
  identifier_wrong_format: 'wrong device identifier',
  client_id_wrong_format: 'wrong client id',
  domain_wrong_format: 'wrong application domain',
} as const

export type ProtocolCode = keyof typeof protocolErrors

/**
 * The only thing that protocol/ throws. `message` is what an application of the old cloud reads; `detail` says the same with all that is
 * known (label, position, expected type and range) and equals `message` where the old cloud had no text of its own.
 */
export class ProtocolError extends Error {
  readonly code: ProtocolCode
  readonly params: Record<string, unknown>
  readonly detail: string

  constructor(
    code: ProtocolCode,
    params: Record<string, unknown> = {},
    message: string = protocolErrors[code],
    detail = message,
  ) {
    super(message)
    this.name = 'ProtocolError'
    this.code = code
    this.params = params
    this.detail = detail
  }
}
