/** The management API by the front door of a whole cloud; each answer is held against the OpenAPI document. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { type AdminClient, adminClient } from '#contracts/admin/client.ts'
import type { Permission, Role } from '#contracts/registry.ts'
import { rolePermissions } from '#contracts/registry.ts'
import type { Model } from '#protocol/model.ts'
import { makeWorld, type World, within } from '../world.ts'
import { answerChecker, type OpenApi } from './checked.ts'

/** However busy the machine is. */
const ANSWER_MS = 200_000
export const PASSWORD = 'a long enough password'

export interface Said {
  status: number
  headers: Headers
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: answers of any call
  json: any
}

export interface Ask {
  token?: string
  headers?: Record<string, string>
  body?: unknown
  /** sent as it is */
  raw?: string
}

export interface Door {
  doc: OpenApi
  base: string
  /** of an administrator for everything */
  token: string
  client: AdminClient
  /** Paths are those below /admin/v1. */
  ask(method: string, path: string, o?: Ask): Promise<Said>
  /** A token of a new person with this role and scope. */
  tokenOf(role: Role, scope?: string, can?: Permission[]): Promise<string>
  clientOf(token: string): AdminClient
}

/** A cloud of its own for all tests of a file. */
export async function doorOfFile(o: Parameters<typeof makeWorld>[0] = {}): Promise<{ world: World; door: Door }> {
  const world = await makeWorld(o)
  after(() => world.close())
  return { world, door: await openDoor(world) }
}

/** Their names are not used twice, whichever door they come by. */
let people = 0

export async function openDoor(world: World): Promise<Door> {
  const base = world.listen['apiprovider']!
  const doc = (await (await fetch(`${base}/admin/v1/openapi.json`)).json()) as OpenApi
  const check = answerChecker(doc)
  const checkedFetch: typeof fetch = async (url, o) => {
    const path = String(url).slice(`${base}/admin/v1`.length)
    const what = `answer to ${o?.method ?? 'GET'} ${path} ${String(o?.body ?? '').slice(0, 2000)}`
    const { status, headers, body } = await within(ANSWER_MS, what, async () => {
      const answer = await fetch(url, o)
      return { status: answer.status, headers: answer.headers, body: await answer.text() }
    })
    check(o?.method ?? 'GET', path, { status, type: headers.get('content-type') ?? '', body })
    return new Response([204, 304].includes(status) ? null : body, { status, headers })
  }
  const clientOf = (token: string) => adminClient({ base, token, fetch: checkedFetch })

  const door: Door = {
    doc,
    base,
    token: '',
    client: clientOf(''),
    async ask(method, path, { token = door.token, headers = {}, body, raw } = {}) {
      const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const auth = token === '' ? {} : { Authorization: `Bearer ${token}` }
      const answer = await checkedFetch(`${base}/admin/v1${path}`, {
        method,
        headers: { ...auth, ...headers },
        ...(sent !== undefined && { body: sent }),
      })
      const text = await answer.text()
      const isJson = /[/+]json/.test(answer.headers.get('content-type') ?? '')
      return { status: answer.status, headers: answer.headers, body: text, json: isJson ? JSON.parse(text) : undefined }
    },
    async tokenOf(role, scope = '*', can = [...rolePermissions[role]]) {
      const { registry } = world.peers
      const user = await registry.addUser({ name: `person ${++people}`, password: PASSWORD, role, scope, mustChange: false })
      const made = await registry.addApiToken({ userId: user.id, name: 'test', can, scope, expiresAt: 0 })
      return made.text
    },
    clientOf,
  }
  door.token = await door.tokenOf('Administrator')
  door.client = clientOf(door.token)
  return door
}

/** Where the first start has written a password: below a folder a process, where there are several. */
export const passwordFiles = ({ dataDir }: World): string[] => globSync(join(dataDir, '{,*/}admin-password'))

/** The password that the first start has made. */
export const firstPassword = (world: World): string => readFileSync(passwordFiles(world)[0]!, 'utf8').trim()

/** A value of each type that an object of the model has. */
export function sampleStatus(model: Model, label: string): Record<string, unknown[]> {
  const object = model.objects.find((o) => o.label === label)!
  return { [label]: object.status.map(({ valueType: t }) => (t === 13 ? true : t === 12 || t === 11 ? 'x' : 1)) }
}
