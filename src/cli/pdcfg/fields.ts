/** Kinds of fields, and how their texts are read. */
import { PandoError } from '#lib/errors.ts'
import { asFile } from '../file.ts'
import type { Field } from './resource.ts'

const wrong = (message: string): PandoError => new PandoError('invalid', message)

export const asId = (text: string): number => {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw wrong(`"${text}" is not an id: a whole number from 1`)
  return Number(text)
}

/** An id as the value of a flag. */
export const idKind = { allowed: 'a whole number from 1', parse: asId }

const oneOf =
  (what: string, values: readonly string[]) =>
  (text: string): string => {
    if (!values.includes(text)) throw wrong(`${what} is one of ${values.join(', ')}, not ${text}`)
    return text
  }

const TAGS = ['event', 'status', 'online', 'offline']
const asTags = (text: string): string[] =>
  text
    .split(',')
    .map((t) => t.trim())
    .filter(Boolean)
    .map(oneOf('a tag', TAGS))

const asked = (key: string, flag: string, asks: string, help: string, o: Partial<Field> = {}): Field => ({
  key,
  flag,
  asks,
  help,
  asked: true,
  ...o,
})

export const name = asked('name', 'name', 'name', 'Name', { required: true })
export const description = asked('description', 'description', 'description', 'Description')
export const vendorId = asked('vendorId', 'vendor', 'ID', 'Id of the vendor', { required: true, fixed: true, parse: asId })
export const config = asked('config', 'config', 'config json file', 'File with the product configuration', {
  required: true,
  parse: asFile,
})
export const domain = asked('domain', 'domain', 'domain', "What it may reach: '*', vendor/<id> or product/<id>", {
  required: true,
})
export const reportUrl = asked('reportUrl', 'report-url', 'report url', 'Where webhooks go')
export const reportToken = asked('reportToken', 'report-token', 'token', 'Sent with each webhook as App-Token')

export const registration: Field = {
  key: 'registration',
  flag: 'registration',
  asks: 'registration',
  help: 'Who may register devices: open, once or closed',
  asked: false,
  parse: oneOf('registration', ['open', 'once', 'closed']),
}
export const tags: Field = {
  key: 'tags',
  flag: 'tags',
  asks: 'tags',
  help: `What webhooks tell: ${TAGS.join(',')}`,
  asked: false,
  parse: asTags,
  show: (v) => (v as string[]).join(','),
}
export const paused: Field = {
  key: 'paused',
  flag: 'paused',
  asks: 'paused',
  help: 'Hold its webhooks back; --no-paused sends them',
  asked: false,
  boolean: true,
}
export const permitRegistration: Field = {
  key: 'permitRegistration',
  flag: 'permit-registration',
  asks: 'permit registration',
  help: 'Let it fetch its secret again, once (registration policy once)',
  asked: false,
  boolean: true,
}
