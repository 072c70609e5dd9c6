/**
 * An old installation: the rows that the old cloud wrote (test/vectors/mysql.json, redis.json, mongo.json), and the devices that they speak of
 * but that were not recorded, made as it made them. On servers, or as the files of mysqldump, mongodump, mongoexport and Redis.
 */
import { createCipheriv, createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { BSON, MongoClient, ObjectId } from 'mongodb'
import { createClient } from 'redis'
import { octets, vectors } from '../vectors/read.ts'
import { tell } from './databases.ts'

interface Table {
  create: string
  create_in_utf8mb4_database: string
  columns: string[]
  rows: Record<string, string | number>[]
  insert_statements: string[]
}
export interface Golden {
  tables: Record<'vendor' | 'product' | 'device' | 'application' | 'rule', Table>
}
interface Documents {
  documents: { bson_hex: string; collection: string }[]
}

export const golden = vectors<Golden>('mysql')
export const oldAesKey = vectors<{ aeskey: string }>('keys').aeskey

/** A key as the old cloud made it; the same each time. */
function oldKey(id: number): string {
  const iv = createHash('md5').update(`iv ${id}`).digest()
  const plain = Buffer.alloc(16, 7)
  plain.writeBigInt64BE(BigInt(id), 8)
  const cipher = createCipheriv('aes-256-cfb', oldAesKey, iv)
  return Buffer.concat([iv, cipher.update(plain), cipher.final()]).toString('hex')
}

/** Devices of which the recorded rules, tokens and documents speak. */
const serials: Readonly<Record<number, string>> = { 20: 'apprich1', 22: 'apprich2', 34: 'rulex', 37: 'token1', 38: 'docs1' }
const made = Object.entries(serials).map(([id, code]) => ({
  id: Number(id),
  product_id: 2,
  device_identifier: `1-2-${code}`,
  device_secret: createHash('sha256').update(code).digest('base64').slice(0, 32),
  device_key: oldKey(Number(id)),
  device_name: 'rich product',
  device_description: 'every value type',
  device_version: '0.1',
  created_at: '2026-11-24 02:58:34',
  updated_at: '2026-11-24 02:58:34',
}))

export const devices = [...golden.tables.device.rows, ...made] as typeof made

/** device → the token that its login gave */
export const tokens: ReadonlyMap<number, string> = new Map([
  [37, vectors<{ observed: { token_after_login: { value_hex: string } } }>('redis').observed.token_after_login.value_hex],
  ...[1, 35, 38].map((id): [number, string] => [id, createHash('md5').update(`token ${id}`).digest('hex')]),
])

/** Seconds since 1970 at which the first document came; each comes a second later, and the last two in the same. */
export const FIRST = 1_795_000_000 - 86_400

export const documents = vectors<Documents>('mongo').documents.map((d, i, all) => ({
  collection: d.collection.split('.')[1] as 'datas' | 'events',
  at: (FIRST + Math.min(i, all.length - 2)) * 1000,
  document: {
    _id: new ObjectId((FIRST + Math.min(i, all.length - 2)).toString(16) + (i + 1).toString(16).padStart(16, '0')),
    ...BSON.deserialize(octets(d.bson_hex), { promoteLongs: false, promoteBuffers: true }),
  } as BSON.Document & { _id: ObjectId },
}))

const quoted = (v: string | number): string =>
  typeof v === 'number' ? String(v) : `'${v.replace(/['"\\]/g, (c) => `\\${c}`).replaceAll('\n', '\\n')}'`
const values = (row: object): string => `(${Object.values(row).map(quoted).join(',')})`

/** As `mysqldump` writes it: tables by name, a statement for many rows. */
export function writeDump(file: string): void {
  const parts = ['-- MySQL dump 10.13;  Distrib 5.7', '/*!40101 SET NAMES utf8mb4 */;', "/*!40103 SET TIME_ZONE='+00:00' */;"]
  for (const name of ['application', 'device', 'product', 'rule', 'vendor'] as const) {
    const { create, rows } = golden.tables[name]
    const all = name === 'device' ? devices : rows
    parts.push(`DROP TABLE IF EXISTS \`${name}\`;`, `${create};`, `LOCK TABLES \`${name}\` WRITE;`)
    parts.push(`/*!40000 ALTER TABLE \`${name}\` DISABLE KEYS */;`)
    parts.push(`INSERT INTO \`${name}\` VALUES ${all.map(values).join(',')};`, 'UNLOCK TABLES;')
  }
  writeFileSync(file, `${parts.join('\n')}\n-- Dump completed\n`)
}

/** As `mongodump` (`bson`) or `mongoexport` (`json`) leave it. */
export function writeDocuments(folder: string, form: 'bson' | 'json'): void {
  mkdirSync(folder, { recursive: true })
  for (const name of ['datas', 'events'] as const) {
    const all = documents.filter((d) => d.collection === name).map((d) => d.document)
    const json = () => all.map((d) => `${BSON.EJSON.stringify(d, { relaxed: false })}\n`).join('')
    writeFileSync(join(folder, `${name}.${form}`), form === 'bson' ? Buffer.concat(all.map((d) => BSON.serialize(d))) : json())
  }
}

const online = (): string =>
  vectors<{ observed: { onlinestatus_connected: { value_hex: string } } }>('redis').observed.onlinestatus_connected.value_hex

/** A snapshot of Redis (RDB 9), by its published form. */
export function writeSnapshot(file: string): void {
  const text = (b: Buffer | string): Buffer => Buffer.concat([Buffer.from([Buffer.byteLength(b)]), Buffer.from(b)])
  const long = (b: Buffer): Buffer => Buffer.concat([Buffer.from([0x40 | (b.length >> 8), b.length & 255]), b])
  const expiring = (seconds: number): Buffer => {
    const b = Buffer.alloc(9)
    b[0] = 0xfc
    b.writeBigUInt64LE(BigInt(Date.now() + seconds * 1000), 1)
    return b
  }
  const keys = [...tokens].flatMap(([id, hex]) => [
    expiring(7200),
    Buffer.from([0]),
    text(`device:token:${id}`),
    text(octetsOf(hex)),
  ])
  const status = [expiring(45), Buffer.from([0]), text('device:onlinestatus:37'), long(octetsOf(online()))]
  const head = [
    Buffer.from('REDIS0009'),
    Buffer.from([0xfa]),
    text('redis-ver'),
    text('3.2.1'),
    Buffer.from([0xfa]),
    text('ctime'),
  ]
  // a number as a text of four octets, as the server packs it
  const ctime = [Buffer.from([0xc2, 0x15, 0xcd, 0x5b, 0x07])]
  const all = Buffer.concat([
    ...head,
    ...ctime,
    Buffer.from([0xfe, 0, 0xfb, keys.length / 4, keys.length / 4]),
    ...keys,
    ...status,
  ])
  writeFileSync(file, Buffer.concat([all, Buffer.from([0xff]), Buffer.alloc(8)]))
}

const octetsOf = (hex: string): Buffer => Buffer.from(octets(hex))

/** As a script around `redis-cli` prints it. */
export const writeTokens = (file: string): void =>
  writeFileSync(file, [...tokens].map(([id, hex]) => `device:token:${id} ${hex}\n`).join(''))

/** Fills an empty database. `utf8mb4`: as the old cloud made its tables in such a database. */
export async function fillMysql(url: string): Promise<void> {
  for (const [name, t] of Object.entries(golden.tables)) {
    await tell(url, t.create.replace(/^CREATE TABLE/, 'create table'))
    for (const statement of t.insert_statements) await tell(url, statement)
    if (name === 'device') await tell(url, `insert into device values ${made.map(values).join(',')}`)
  }
}

export async function fillMongo(url: string): Promise<void> {
  const client = new MongoClient(url)
  try {
    for (const d of documents) await client.db().collection(d.collection).insertOne(d.document)
  } finally {
    await client.close()
  }
}

/** Into the database of the URL; → how to empty it. */
export async function fillRedis(url: string): Promise<() => Promise<void>> {
  const client = createClient({ url })
  await client.connect()
  for (const [id, hex] of tokens)
    await client.set(`device:token:${id}`, octetsOf(hex), { expiration: { type: 'EX', value: 7200 } })
  await client.set('device:onlinestatus:37', octetsOf(online()), { expiration: { type: 'EX', value: 45 } })
  return async () => {
    await client.flushDb()
    client.destroy()
  }
}
