/**
 * What happens in Redis, each step at once. Keys, all in one slot:
 *   d:<device>  the node that holds it          n:<node>  hash: device → its route (packed.ts)
 *   l:<node>    its lease, as long as it lives  k:<node>  the run of the server in which its routes were complete
 *   s:<node>    the stream of the device log that it writes
 *   nodes       all that have routes or a lease
 *   dying       routes of dead nodes that are being taken down, by when somebody began; x:<node>/<n>/<stream> the hash of such a node
 * A device is online where both d and n say so and the node has a lease: what is left of a node does no harm until it is removed.
 * Time is that of Redis.
 */
const route = `
local p = ARGV[1]
local function live(device)
  local node = redis.call('GET', p .. 'd:' .. device)
  local packed = node and redis.call('HGET', p .. 'n:' .. node, device)
  if packed and redis.call('EXISTS', p .. 'l:' .. node) == 1 then return node, packed end
  return nil, nil
end
local function epochOf(packed) return tonumber(string.match(packed, '^%d+')) end
local function forget(device)
  local node = redis.call('GET', p .. 'd:' .. device)
  if node then redis.call('HDEL', p .. 'n:' .. node, device) end
end
`

/** ARGV: prefix, then device, node, packed route … → for each the live route before it, as node and packed route; '' where there was none. */
export const claim = `${route}
local out = {}
for i = 2, #ARGV, 3 do
  local device, node, packed = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local at, before = live(device)
  out[#out + 1] = at and (at .. '\\n' .. before) or ''
  if not at or epochOf(before) < epochOf(packed) then
    forget(device)
    redis.call('SET', p .. 'd:' .. device, node)
    redis.call('HSET', p .. 'n:' .. node, device, packed)
    redis.call('SADD', p .. 'nodes', node)
  end
end
return out`

/** ARGV: prefix, then device, epoch … → 1 for each that was the route. */
export const release = `${route}
local out = {}
for i = 2, #ARGV, 2 do
  local device = ARGV[i]
  local node = redis.call('GET', p .. 'd:' .. device)
  local packed = node and redis.call('HGET', p .. 'n:' .. node, device)
  local is = packed and epochOf(packed) == tonumber(ARGV[i + 1])
  if is then
    redis.call('HDEL', p .. 'n:' .. node, device)
    redis.call('DEL', p .. 'd:' .. device)
  end
  out[#out + 1] = is and 1 or 0
end
return out`

/** ARGV: prefix, devices → for each its live route, or ''. */
export const routes = `${route}
local out = {}
for i = 2, #ARGV do
  local node, packed = live(ARGV[i])
  out[#out + 1] = node and (node .. '\\n' .. packed) or ''
end
return out`

const run = `
local p, node = ARGV[1], ARGV[2]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
`

/** ARGV: prefix, node, ms, its stream or '' → 1: all its routes are known. A server that was started again may have lost some. */
export const lease = `${run}
redis.call('SET', p .. 'l:' .. node, '1', 'PX', ARGV[3])
redis.call('SADD', p .. 'nodes', node)
if ARGV[4] ~= '' then redis.call('SET', p .. 's:' .. node, ARGV[4]) end
return redis.call('GET', p .. 'k:' .. node) == run and 1 or 0`

/** ARGV: prefix, node. */
export const complete = `${run}
if redis.call('EXISTS', p .. 'l:' .. node) == 1 then redis.call('SET', p .. 'k:' .. node, run) end
return 1`

const bury = `
local p = ARGV[1]
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local function bury(node)
  redis.call('SREM', p .. 'nodes', node)
  local stream = redis.call('GET', p .. 's:' .. node) or ''
  redis.call('DEL', p .. 'l:' .. node, p .. 'k:' .. node, p .. 's:' .. node)
  if redis.call('EXISTS', p .. 'n:' .. node) == 0 then return node .. '\\n\\n' .. stream end
  local grave = 'x:' .. node .. '/' .. now .. '/' .. stream
  redis.call('RENAME', p .. 'n:' .. node, p .. grave)
  redis.call('ZADD', p .. 'dying', now, grave)
  return node .. '\\n' .. grave .. '\\n' .. stream
end
`

/**
 * ARGV: prefix, ms after which another one goes on with what somebody began → nodes whose lease ran out, each with the name of the hash to be
 * taken down, if there is one, and its stream.
 */
export const expired = `${bury}
local out = {}
for _, grave in ipairs(redis.call('ZRANGEBYSCORE', p .. 'dying', 0, now - ARGV[2])) do
  redis.call('ZADD', p .. 'dying', now, grave)
  local node, stream = string.match(grave, '^x:(.*)/%d+/(%d*)$')
  out[#out + 1] = node .. '\\n' .. grave .. '\\n' .. stream
end
for _, node in ipairs(redis.call('SMEMBERS', p .. 'nodes')) do
  if redis.call('EXISTS', p .. 'l:' .. node) == 0 then out[#out + 1] = bury(node) end
end
return out`

/** ARGV: prefix, node → as one of \`expired\`. */
export const leave = `${bury}
return { bury(ARGV[2]) }`

/** ARGV: prefix, node, devices: those of a dead node that are nowhere else by now. */
export const forget = `
local p, node = ARGV[1], ARGV[2]
for i = 3, #ARGV do
  local d = p .. 'd:' .. ARGV[i]
  if redis.call('GET', d) == node and redis.call('HEXISTS', p .. 'n:' .. node, ARGV[i]) == 0 then redis.call('DEL', d) end
end
return 1`

/** ARGV: prefix → devices that are online. */
export const count = `
local p, n = ARGV[1], 0
for _, node in ipairs(redis.call('SMEMBERS', p .. 'nodes')) do
  if redis.call('EXISTS', p .. 'l:' .. node) == 1 then n = n + redis.call('HLEN', p .. 'n:' .. node) end
end
return n`
