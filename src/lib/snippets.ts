/** Lines to paste that make a device of a product register, log in and report: with real addresses and keys, for several tools. */
import { encodeStatus, type NewProperty } from '#protocol/frames.ts'
import type { Model } from '#protocol/model.ts'
import { tlvType, type Value } from '#protocol/tlv.ts'

export const snippetTools = ['pando', 'curl', 'mosquitto', 'node', 'python', 'c'] as const
export type SnippetTool = (typeof snippetTools)[number]

export interface SnippetFacts {
  /** the device HTTP API: http://192.0.2.1:8080 */
  devices: string
  /** host and port of MQTT */
  mqtt: { host: string; port: number }
  productKey: string
  serial: string
  model: Model
  /** how the command line is called */
  program: string
}

export interface Snippet {
  tool: SnippetTool
  /** a code: `register_and_report`, … */
  title: string
  language: 'sh' | 'js' | 'python' | 'c'
  text: string
}

export const shellQuoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

const sample = (type: number): Value | undefined => {
  const name = tlvType(type)?.name
  if (name === undefined) return undefined
  if (name === 'bool') return false
  if (name === 'string') return 'hello'
  if (name === 'bytes') return Uint8Array.of(1, 2, 3)
  return name === 'int64' || name === 'uint64' ? 1n : 1
}

/** A status with the first object whose values all have a known type; an empty one where there is none. */
export function sampleFrame(model: Model): Uint8Array {
  const object = model.objects.find((o) => o.status.length > 0 && o.status.every((p) => sample(p.valueType) !== undefined))
  const types = object?.status.map((p) => p.valueType) ?? []
  const property: NewProperty[] = object
    ? [{ subDevice: object.part, object: object.no, values: types.map((t) => sample(t)!), types }]
    : []
  return encodeStatus({ properties: property })
}

const hexOf = (b: Uint8Array): string => Buffer.from(b).toString('hex')

/** `\001\377…`: what printf of every shell understands. */
const octal = (b: Uint8Array): string => [...b].map((o) => `\\${o.toString(8).padStart(3, '0')}`).join('')

export function snippets(f: SnippetFacts, tools: readonly SnippetTool[] = snippetTools): Snippet[] {
  return tools.map((tool) => makers[tool](f))
}

const makers: Record<SnippetTool, (f: SnippetFacts) => Snippet> = {
  pando: (f) => ({
    tool: 'pando',
    title: 'virtual_device',
    language: 'sh',
    text: `${f.program} device --base ${f.devices} --product-key ${f.productKey} --code ${shellQuoted(f.serial)}\n`,
  }),
  curl: (f) => ({ tool: 'curl', title: 'register_and_log_in', language: 'sh', text: shellSteps(f) }),
  mosquitto: (f) => ({ tool: 'mosquitto', title: 'register_and_report', language: 'sh', text: shellSteps(f) + publish(f) }),
  node: (f) => ({ tool: 'node', title: 'register_and_report', language: 'js', text: nodeText(f) }),
  python: (f) => ({ tool: 'python', title: 'register_and_report', language: 'python', text: pythonText(f) }),
  c: (f) => ({ tool: 'c', title: 'status_frame', language: 'c', text: cText(f) }),
}

const registration = (f: SnippetFacts): string =>
  JSON.stringify({ product_key: f.productKey, device_code: f.serial, version: '1.0.0' })

const shellSteps = (f: SnippetFacts): string => `# 1. register: keep id and secret
R=$(curl -s -d ${shellQuoted(registration(f))} ${f.devices}/v1/devices/registration); echo "$R"
ID=$(echo "$R" | sed 's/.*"device_id":\\([0-9]*\\).*/\\1/')
SECRET=$(echo "$R" | sed 's/.*"device_secret":"\\([^"]*\\)".*/\\1/')
# 2. log in: an access token
L=$(curl -s -d '{"device_id":'"$ID"',"device_secret":"'"$SECRET"'","protocol":"mqtt"}' ${f.devices}/v1/devices/authentication); echo "$L"
TOKEN=$(echo "$L" | sed 's/.*"access_token":"\\([0-9a-f]*\\)".*/\\1/')
CLIENT=$(printf '%x' "$ID")
`

const publish = (f: SnippetFacts): string => `# 3. report a status
printf '${octal(sampleFrame(f.model))}' |
  mosquitto_pub -h ${f.mqtt.host} -p ${f.mqtt.port} -i "$CLIENT" -u "$CLIENT" -P "$TOKEN" -q 1 -t s -s && echo reported
`

const nodeText = (f: SnippetFacts): string => `// npm install mqtt
import mqtt from 'mqtt'

const post = async (path, body) => {
  const answer = await fetch('${f.devices}/v1/devices/' + path, { method: 'POST', body: JSON.stringify(body) })
  const { code, message, data } = await answer.json()
  if (code !== 0) throw new Error(message)
  return data
}
const device = await post('registration', ${registration(f)})
const { device_id, device_secret } = device
const { access_token } = await post('authentication', { device_id, device_secret, protocol: 'mqtt' })
const id = device_id.toString(16)
const client = await mqtt.connectAsync('mqtt://${f.mqtt.host}:${f.mqtt.port}', { clientId: id, username: id, password: access_token })
client.on('message', (topic, frame) => console.log(topic, frame.toString('hex')))
await client.publishAsync('s', Buffer.from('${hexOf(sampleFrame(f.model))}', 'hex'), { qos: 1 })
console.log('reported as', device.device_identifier)
`

const pythonText = (f: SnippetFacts): string => `# pip install paho-mqtt
import json, urllib.request
import paho.mqtt.client as mqtt

def post(path, body):
    with urllib.request.urlopen("${f.devices}/v1/devices/" + path, json.dumps(body).encode()) as answer:
        said = json.load(answer)
    if said["code"] != 0:
        raise SystemExit(said["message"])
    return said["data"]

device = post("registration", ${registration(f)})
login = post("authentication", {"device_id": device["device_id"], "device_secret": device["device_secret"], "protocol": "mqtt"})
client_id = format(device["device_id"], "x")
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id)
client.username_pw_set(client_id, login["access_token"])
client.connect("${f.mqtt.host}", ${f.mqtt.port})
client.loop_start()
client.publish("s", bytes.fromhex("${hexOf(sampleFrame(f.model))}"), qos=1).wait_for_publish()
print("reported as", device["device_identifier"])
`

const cText = (f: SnippetFacts): string => {
  const octets = [...sampleFrame(f.model)].map((o) => `0x${o.toString(16).padStart(2, '0')}`)
  const lines = Array.from(
    { length: Math.ceil(octets.length / 12) },
    (_, i) => `  ${octets.slice(i * 12, i * 12 + 12).join(', ')},`,
  )
  return `/* Publish these octets to topic "s" with QoS 1, after registration and login by HTTP. */
#define PANDO_HTTP "${f.devices}"
#define PANDO_MQTT_HOST "${f.mqtt.host}"
#define PANDO_MQTT_PORT ${f.mqtt.port}
#define PANDO_PRODUCT_KEY "${f.productKey}"
#define PANDO_DEVICE_CODE ${JSON.stringify(f.serial)}
static const unsigned char status_frame[${octets.length}] = {
${lines.join('\n')}
};
`
}
