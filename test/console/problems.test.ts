/** What is wrong with a request, in the words of the console: which field, and what. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fieldText } from '../../console/src/text/fields.ts'
import { problemText } from '../../console/src/text/problem.ts'
import { wrongText } from '../../console/src/text/wrongs.ts'
import { AdminProblem } from '../../src/contracts/admin/client.ts'
import { adminRoutes } from '../../src/contracts/admin/routes.ts'
import { openDoor, PASSWORD } from '../admin/door.ts'
import { root } from '../world/root.ts'
import { scenario } from '../world.ts'

const langs = ['en', 'zh'] as const

interface Shape {
  properties?: Record<string, Shape>
  anyOf?: Shape[]
  items?: Shape
}
const walk = (s: Shape | undefined, see: (s: Shape) => void): void => {
  if (typeof s !== 'object') return
  see(s)
  for (const inner of [...Object.values(s.properties ?? {}), ...(s.anyOf ?? []), s.items]) walk(inner, see)
}

// CONSOLE-14
test('each field that the management API takes is told by a name of the reader’s language', () => {
  for (const [route, { body, query }] of Object.entries(adminRoutes as Record<string, { body?: Shape; query?: Shape }>))
    for (const [place, taken] of Object.entries({ body, query }))
      for (const branch of [taken, ...(taken?.anyOf ?? [])])
        for (const field of Object.keys(branch?.properties ?? {})) {
          const [en, zh] = langs.map((lang) => fieldText(lang, `/${place}/${field}`))
          assert.match(en!, /^[A-Z][\w ,-]+$/, `${route} ${field}`)
          assert.match(zh!, /\p{Script=Han}/u, `${route} ${field}`)
        }
})

// CONSOLE-14
test('each way in which a field can be wrong has its words', () => {
  const codes = new Set(['required', 'unknown_field'])
  const ofSchemas = ['maxLength', 'minLength', 'minimum', 'maximum', 'pattern', 'maxItems', 'minItems', 'enum']
  const seen = new Set<string>()
  for (const { body, query } of Object.values(adminRoutes as Record<string, { body?: Shape; query?: Shape }>))
    for (const taken of [body, query]) walk(taken, (s) => void Object.keys(s).map((k) => seen.add(k)))
  const plain = [
    'type',
    'description',
    'title',
    'properties',
    'required',
    'additionalProperties',
    'items',
    'anyOf',
    'const',
    'patternProperties',
  ]
  assert.deepEqual(new Set([...seen].filter((k) => !plain.includes(k) && !k.startsWith('~'))), new Set(ofSchemas))
  for (const code of ofSchemas) codes.add(code)
  for (const file of globSync('src/logic/{apiprovider/admin,registry,controller/history}/**/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const each of [/invalidAt\([^,()]+, '(\w+)'/g, /wrong\(t, '(\w+)'/g, /\breason: '(\w+)'/g])
      if (!/admin\/(permission|authenticate|console)/.test(file)) for (const [, code] of text.matchAll(each)) codes.add(code!)
  }
  assert.ok(codes.size > 20, [...codes].join(' '))
  for (const code of codes)
    for (const lang of langs) {
      const told = wrongText(lang, { pointer: '/body/name', code, params: {} })
      assert.notEqual(told, code.replaceAll('_', ' '))
      if (lang === 'zh') assert.match(told, /\p{Script=Han}/u, code)
    }
})

scenario(
  'CONSOLE-14 a request that is refused is told by field and fault, in both languages, without a code or pointer',
  async (world) => {
    const product = await world.product()
    const device = await world.device({ product })
    const { client } = await openDoor(world)
    const call = client as unknown as (key: string, input: object) => Promise<unknown>
    await call('POST /users', { body: { name: 'taken', password: PASSWORD, role: 'Viewer', scope: '*' } })
    const user = { name: 'new', password: PASSWORD, role: 'Viewer', scope: '*' }
    const application = { name: 'a', scope: '*' }
    const of = { params: { id: device.id } }
    const wrong: [key: string, input: object, en: string, zh: string][] = [
      ['POST /applications', { body: { ...application, name: '' } }, 'Name: must not be empty.', '名称：不能为空。'],
      ['POST /applications', { body: { scope: '*' } }, 'Name: must be given.', '名称：必填。'],
      [
        'POST /applications',
        { body: { ...application, scope: 'all' } },
        'Scope: has a wrong form; right is *, vendor/1, product/7.',
        '范围：格式不对，正确的写法如 *, vendor/1, product/7。',
      ],
      [
        'POST /applications',
        { body: { ...application, url: 'ftp://x' } },
        'Webhook address: must begin with http:// or https://.',
        'Webhook 地址：必须以 http:// 或 https:// 开头。',
      ],
      [
        'POST /applications',
        { body: { name: 7, scope: 1 } },
        'Name: must be text; Scope: must be text.',
        '名称：必须是文本；范围：必须是文本。',
      ],
      [
        'POST /users',
        { body: { ...user, role: 'King' } },
        'Role: must be one of Viewer, Operator, Developer, Administrator.',
        '角色：只能是 Viewer、Operator、Developer、Administrator 之一。',
      ],
      ['POST /users', { body: { ...user, name: 'taken' } }, 'Name: is taken already.', '名称：已被使用。'],
      [
        'POST /users',
        { body: { ...user, password: 'aaaaaaaaaaaaaaa' } },
        'Password: takes at least 4 different characters.',
        '密码：至少要有 4 个不同的字符。',
      ],
      [
        'PATCH /me',
        { body: { zone: 'Moon' } },
        'Time zone: is not known, as Europe/Berlin is.',
        '时区：没有这个时区，正确的写法如 Asia/Shanghai。',
      ],
      [
        'PATCH /devices/{id}',
        { ...of, body: { tags: ['a', 'x'.repeat(999)] } },
        'Tags, no. 2: takes at most 64 characters.',
        '标签第 2 项：最多 64 个字符。',
      ],
      [
        'POST /device-views',
        { body: { filter: 'stat:x', sort: 'name' } },
        'Filter: “stat:x” is not understood. Did you mean state:?',
        '筛选：无法理解“stat:x”。是否想写 state:？',
      ],
      [
        'POST /products',
        { body: { name: 'p', vendor: 1, model: { objects: [{ no: 'x' }] } } },
        'Model: objects[0].no must be an integer 0 to 65535, not "x".',
        '模型：objects[0].no 须为 0 到 65535 的整数，而不是 "x"。',
      ],
      [
        'POST /rules',
        { body: { name: 'r', product: product.id, on: { kind: 'status' }, then: [] } },
        'Actions: must not be empty.',
        '动作：不能为空。',
      ],
      [
        'POST /devices/{id}/commands',
        { ...of, body: {} },
        'The request: takes one of Command, Values, and only one.',
        '请求：命令、数值须给出且只能给出其一。',
      ],
      [
        'POST /devices/{id}/commands',
        { ...of, body: { set: { light: [1000, 0] } } },
        'Values, “light”, no. 1: must be 0 to 255.',
        '数值“light”第 1 项：须在 0 到 255 之间。',
      ],
    ]
    for (const [key, input, ...said] of wrong) {
      const problem = await call(key, input).then(
        () => assert.fail(`${key} was not refused`),
        (e: unknown) => (e instanceof AdminProblem ? e.problem : assert.fail(String(e))),
      )
      assert.deepEqual(
        langs.map((lang) => problemText(lang, problem)),
        said,
        JSON.stringify(problem),
      )
    }
  },
  { shapes: ['direct'] },
)
