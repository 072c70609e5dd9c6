/** How errors of the cloud are told to applications: one table (docs/application-api.md §1, texts from test/vectors/http-application.json). */
import { type ErrorCode, errorTable, type PandoError } from '#lib/errors.ts'

/** The codes of `/application/v1`. */
export const codes = {
  ok: 0,
  system: 10001,
  product: 10002,
  device: 10003,
  offline: 10004,
  format: 10005,
  configuration: 10006,
  query: 10007,
  denied: 10008,
} as const

/** Texts that the old cloud composed itself, misspellings included: applications may compare them. */
export const texts = {
  missing: 'missing device identifier or app key.',
  appKey: 'app key not match.',
  deviceKey: 'device key not match.',
  noAccess: 'app has no access right on device.',
  identifier: 'wrong identifier format.',
  vendor: 'wrong vendor format.',
  product: 'wrong product format.',
  domain: (domain: string) => `wrong app domain ${domain}`,
  sendTimeout: 'timeout pushlishing message.',
  askTimeout: 'get status timeout.',
  notFound: '404 page not found\n',
} as const

/** What an application is told instead of a result. `status` is not 200 only where the request was not served at all. */
export class Refusal extends Error {
  readonly code: number
  readonly status: number

  constructor(code: number, message: string, status = 200) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.status = status
  }
}

/** `text` replaces the error's own message: the old cloud's words, or none of the cloud's inner matters. */
interface Rule {
  code: number
  text?: string
}

const hidden: Rule = { code: codes.system, text: 'internal error' }

const rules: Record<ErrorCode, Rule> = {
  internal: hidden,
  config_invalid: hidden,
  version_mismatch: hidden,
  log_damaged: hidden,
  store_damaged: hidden,
  unavailable: { code: codes.system },
  timeout: { code: codes.system },
  rate_limited: { code: codes.system },
  conflict: { code: codes.system },
  precondition_failed: { code: codes.system },
  idempotency_reused: { code: codes.system },
  gone: { code: codes.system },
  method_not_allowed: { code: codes.system },
  protocol_unsupported: { code: codes.system },
  log_unavailable: { code: codes.system },
  disk_full: { code: codes.system },
  stream_sealed: { code: codes.system },
  device_timeout: { code: codes.system, text: texts.sendTimeout },
  product_unknown: { code: codes.product },
  not_found: { code: codes.device },
  vendor_unknown: { code: codes.device },
  device_unknown: { code: codes.device },
  device_offline: { code: codes.offline },
  invalid: { code: codes.format },
  too_large: { code: codes.format },
  frame_invalid: { code: codes.format },
  frame_too_large: { code: codes.format },
  model_invalid: { code: codes.configuration },
  forbidden: { code: codes.denied },
  plugin_refused: { code: codes.denied },
  unauthenticated: { code: codes.denied },
  key_invalid: { code: codes.denied },
  key_mismatch: { code: codes.denied, text: texts.appKey },
  application_unknown: { code: codes.denied },
  registration_closed: { code: codes.denied },
  registration_once: { code: codes.denied },
  secret_wrong: { code: codes.denied },
  token_unknown: { code: codes.denied },
  token_of_other_device: { code: codes.denied },
  scope_denied: { code: codes.denied, text: texts.noAccess },
  scope_invalid: { code: codes.denied },
}

/** Where the same error means something else. */
const exceptions = {
  deviceKey: { key_invalid: { code: codes.device }, key_mismatch: { code: codes.device, text: texts.deviceKey } },
  desired: { conflict: { code: codes.query } },
  ask: { device_timeout: { code: codes.system, text: texts.askTimeout } },
} as const satisfies Record<string, Partial<Record<ErrorCode, Rule>>>

export type ErrorContext = keyof typeof exceptions

/** What the application is told about an error; `context`: what was being done. */
export function refusalOf(e: PandoError, context?: ErrorContext): Refusal {
  const special: Partial<Record<ErrorCode, Rule>> = context ? exceptions[context] : {}
  const { code, text } = special[e.code] ?? rules[e.code]
  return new Refusal(code, text ?? (e.message || errorTable[e.code].help))
}
