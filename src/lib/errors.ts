/**
 * Every error that leaves a module of the cloud is a PandoError with a stable code from this table; the edges
 * (REST, MQTT, CLI) map codes once. `status` is the HTTP status of the management API; `retry` says whether the same call
 * may succeed later without a change by the caller.
 */
export const errorTable = {
  internal: { status: 500, retry: false, help: 'A defect of the cloud; the log has the cause under the same request id.' },
  unavailable: { status: 503, retry: true, help: 'A part of the cloud or an engine does not answer right now; try again.' },
  timeout: { status: 504, retry: true, help: 'The answer did not come in time.' },
  invalid: { status: 400, retry: false, help: 'The request has a wrong form; the message names the field.' },
  too_large: { status: 413, retry: false, help: 'The request, frame or packet is larger than the limit named.' },
  rate_limited: { status: 429, retry: true, help: 'Too many failures or requests; wait as long as the answer says.' },
  not_found: { status: 404, retry: false, help: 'No such thing, or it is not yours.' },
  conflict: { status: 409, retry: false, help: 'It exists already, or was changed by somebody else.' },
  precondition_failed: {
    status: 412,
    retry: false,
    help: 'It was changed since it was read: the answer shows what it is now.',
  },
  idempotency_reused: { status: 422, retry: false, help: 'This Idempotency-Key belongs to another request.' },
  gone: { status: 410, retry: false, help: 'It was here, but is not kept any more: make it anew.' },
  method_not_allowed: { status: 405, retry: false, help: 'The path is right, the method is not; `Allow` lists those there are.' },
  forbidden: { status: 403, retry: false, help: 'The caller may not do this.' },
  unauthenticated: { status: 401, retry: false, help: 'The credential is missing, wrong or expired.' },
  plugin_refused: { status: 403, retry: false, help: 'A plugin of this cloud refused it; the message is its reason.' },
  config_invalid: { status: 500, retry: false, help: 'A setting is wrong; the message names it and says what is allowed.' },
  version_mismatch: {
    status: 500,
    retry: false,
    help: 'Two parts of the cloud, or data and program, are of versions that do not fit.',
  },

  key_invalid: { status: 400, retry: false, help: 'The key is not 64 hex digits made by this platform.' },
  key_mismatch: { status: 403, retry: false, help: 'The key decodes, but it is not the key of that record.' },
  vendor_unknown: { status: 404, retry: false, help: 'No vendor with this id.' },
  product_unknown: { status: 404, retry: false, help: 'No product with this id or key.' },
  device_unknown: { status: 404, retry: false, help: 'No device with this id, key or identifier.' },
  application_unknown: { status: 404, retry: false, help: 'No application with this id or key.' },
  model_invalid: { status: 400, retry: false, help: 'The product configuration is wrong; the message names the place.' },
  registration_closed: { status: 403, retry: false, help: 'The product does not let devices register themselves.' },
  registration_once: {
    status: 403,
    retry: false,
    help: 'The device has logged in before; its secret is given out again only when re-registration is permitted.',
  },
  secret_wrong: { status: 401, retry: false, help: 'The device secret is wrong.' },
  protocol_unsupported: { status: 400, retry: false, help: 'No access service for this protocol runs here.' },
  token_unknown: {
    status: 401,
    retry: false,
    help: 'The access token is unknown, expired or revoked; the device must log in again.',
  },
  token_of_other_device: { status: 401, retry: false, help: 'The access token belongs to another device.' },
  scope_denied: { status: 403, retry: false, help: "The application's scope does not cover the device." },
  scope_invalid: {
    status: 400,
    retry: false,
    help: 'A scope is *, vendor/<id> or product/<id>, of a vendor or product that there is.',
  },

  device_offline: { status: 409, retry: true, help: 'The device holds no connection.' },
  device_timeout: { status: 504, retry: true, help: 'The device did not confirm in time.' },
  frame_invalid: {
    status: 400,
    retry: false,
    help: 'The values do not fit the product model; the message names label and position.',
  },
  frame_too_large: { status: 413, retry: false, help: 'The frame would make a packet above what this device can take.' },

  log_unavailable: {
    status: 503,
    retry: true,
    help: 'The device log cannot be written now; nothing is acknowledged until it can.',
  },
  log_damaged: { status: 500, retry: false, help: 'A file of the device log is damaged; the message names file and place.' },
  stream_sealed: { status: 409, retry: false, help: 'Another node has taken over this log stream.' },
  store_damaged: { status: 500, retry: false, help: 'A file of the store is damaged; the message names file and place.' },
  disk_full: { status: 503, retry: true, help: 'No space left where the data directory is.' },
} as const satisfies Record<string, { status: number; retry: boolean; help: string }>

export type ErrorCode = keyof typeof errorTable

/** What crosses between services as data. */
export interface ErrorData {
  code: ErrorCode
  message: string
  params: Record<string, unknown>
}

export class PandoError extends Error {
  readonly code: ErrorCode
  /** Facts for the reader's own language: names, limits, positions. Never a secret. */
  readonly params: Record<string, unknown>

  constructor(code: ErrorCode, message: string, params: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'PandoError'
    this.code = code
    this.params = params
  }

  get retry(): boolean {
    return errorTable[this.code].retry
  }
}

export const isPandoError = (e: unknown, code?: ErrorCode): e is PandoError =>
  e instanceof PandoError && (code === undefined || e.code === code)

/** Any thrown thing as a PandoError: unknown ones become `internal`, their text stays in `cause`. */
export function toPandoError(e: unknown): PandoError {
  if (e instanceof PandoError) return e
  return new PandoError('internal', 'internal error', {}, e)
}

export const errorData = (e: PandoError): ErrorData => ({ code: e.code, message: e.message, params: e.params })

export function fromErrorData(d: ErrorData): PandoError {
  return new PandoError(Object.hasOwn(errorTable, d.code) ? d.code : 'internal', d.message, d.params)
}
