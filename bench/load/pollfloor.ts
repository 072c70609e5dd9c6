/** The least that a Node HTTP server can do with requests that wait, to compare with: it holds those for ?wait=300. node bench/load/pollfloor.ts */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const held: ServerResponse[] = []
const server = createServer((req, res) => {
  if (req.url?.endsWith('wait=0')) res.end('{}')
  else held.push(res)
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ listen: { httpaccess: `http://127.0.0.1:${port}` } }))
})
