/** Calls of the management API with the types of its routes; for the command line, the console and tests. Needs `fetch`, nothing else. */
import type { Problem } from './problem.ts'
import type { AnswerOf, BodyOf, ParamsOf, QueryOf, RouteSpec } from './route.ts'
import type { AdminKey, AdminRoutes } from './routes.ts'

export interface AdminClientOptions {
  /** `http://127.0.0.1:8888`; '' for a page that comes from there itself */
  base: string
  /** an API token; without it the cookie counts */
  token?: string
  /** X-CSRF-Token of writes with a cookie: asked for at each call, since signing in changes it */
  csrf?: () => string | undefined
  fetch?: typeof fetch
}

type Sent<S, K extends string, V> = S extends undefined ? object : { [P in K]: V }
type Input<R extends RouteSpec> = Sent<R['params'], 'params', ParamsOf<R>> &
  Sent<R['body'], 'body', BodyOf<R>> & {
    query?: QueryOf<R>
    /** the revision or ETag that is to be changed */
    ifMatch?: number | string
    idempotencyKey?: string
    signal?: AbortSignal
  }
type SpecOf<K extends AdminKey> = AdminRoutes[K] extends infer R extends RouteSpec ? R & Defaults<R> : never
/** Members that a route leaves out are undefined, not unknown. */
type Defaults<R> = { [P in 'params' | 'query' | 'body' | 'answer' as P extends keyof R ? never : P]: undefined }

export type AdminInput<K extends AdminKey> = Input<SpecOf<K>>
export type AdminAnswer<K extends AdminKey> = AnswerOf<SpecOf<K>>
type Arguments<I> = object extends I ? [input?: I] : [input: I]

/** `client('PATCH /vendors/{id}', { params: { id: 1 }, body: { name: 'Acme' }, ifMatch: 3 })` */
export type AdminClient = <K extends AdminKey>(key: K, ...input: Arguments<AdminInput<K>>) => Promise<AdminAnswer<K>>

/** What the API answered instead. */
export class AdminProblem extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.name = 'AdminProblem'
    this.problem = problem
  }
  get code(): string {
    return this.problem.code
  }
}

interface AnyInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  ifMatch?: number | string
  idempotencyKey?: string
  signal?: AbortSignal
}

export function adminClient(o: AdminClientOptions): AdminClient {
  const call = async (key: string, input: AnyInput = {}): Promise<unknown> => {
    const [method = '', path = ''] = key.split(' ')
    const url = `${o.base}/admin/v1${pathWith(path, input.params)}${queryOf(input.query)}`
    const answer = await (o.fetch ?? fetch)(url, {
      method,
      headers: headersOf(o, method, input),
      ...(input.body !== undefined && { body: JSON.stringify(input.body) }),
      ...(input.signal && { signal: input.signal }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new AdminProblem(problemOf(answer.status, text))
    if (text === '') return undefined
    return answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : text
  }
  return call as AdminClient
}

function headersOf(o: AdminClientOptions, method: string, { body, ifMatch, idempotencyKey }: AnyInput): Record<string, string> {
  const csrf = method === 'GET' || o.token !== undefined ? undefined : o.csrf?.()
  return {
    ...(o.token !== undefined && { Authorization: `Bearer ${o.token}` }),
    ...(csrf !== undefined && { 'X-CSRF-Token': csrf }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(ifMatch !== undefined && { 'If-Match': typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch }),
    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
  }
}

const pathWith = (path: string, params: Record<string, unknown> = {}): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))

function queryOf(query: Record<string, unknown> = {}): string {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined)
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([k, v]): [string, string] => [k, String(v)])).toString()}`
}

/** A proxy in between may answer with something else. */
function problemOf(status: number, text: string): Problem {
  try {
    const told = JSON.parse(text) as Problem
    if (typeof told.code === 'string') return told
  } catch {
    // falls through
  }
  return { type: 'about:blank', title: `HTTP ${status}`, status, code: 'unavailable', params: {}, request_id: '' }
}
