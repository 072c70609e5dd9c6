/**
 * What happens in Redis, each step at once. Keys, all in one slot:
 *   d:<device>  the node that holds it
 *   n:<node>    hash: device → its route (packed.ts); then, in two lines each, node and route of sessions that were replaced and not released
 *   l:<node>    its lease, as long as it lives
 *   k:<node>    the run of the server in which its routes were complete
 *   s:<node>    the stream of the device log that it writes
 *   whole       the run of the server in which all routes of all nodes were known
 *   nodes       all that have routes or a lease
 *   dying       those without a lease, by when somebody was told that it ran out
 * A device has a route where both d and n say so, and is online if the node has a lease.
 * Time is that of Redis.
 */
const route = `
local p = ARGV[1]
local function known(device)
  local node = redis.call('GET', p .. 'd:' .. device)
  local packed = node and redis.call('HGET', p .. 'n:' .. node, device)
  if packed then return node, packed end
  return nil, nil
end
local function epochOf(packed) return tonumber(string.match(packed, '^%d+')) end
local function forget(device)
  local node = redis.call('GET', p .. 'd:' .. device)
  if node then redis.call('HDEL', p .. 'n:' .. node, device) end
end
local function put(device, node, sessions)
  redis.call('SET', p .. 'd:' .. device, node)
  redis.call('HSET', p .. 'n:' .. node, device, sessions)
  redis.call('SADD', p .. 'nodes', node)
end
local function split(sessions)
  local first, rest = string.match(sessions, '^([^\\n]*)\\n(.*)$')
  return first or sessions, rest or ''
end
local function without(sessions, unwanted)
  local kept = {}
  for node, packed in string.gmatch(sessions, '([^\\n]+)\\n([^\\n]+)') do
    if not unwanted(node, packed) then kept[#kept + 1] = node .. '\\n' .. packed end
  end
  return table.concat(kept, '\\n')
end
local function putBack(device, rest)
  local node, sessions = string.match(rest, '^([^\\n]*)\\n(.*)$')
  if node then put(device, node, sessions) else redis.call('DEL', p .. 'd:' .. device) end
end
`

/** ARGV: prefix, then device, node, packed route … → for each the sessions before it, as nodes and packed routes; '' where there was none. */
export const restore = `${route}
local out = {}
for i = 2, #ARGV, 3 do
  local device, node, packed = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local at, before = known(device)
  out[#out + 1] = at and (at .. '\\n' .. before) or ''
  if not at or epochOf(before) < epochOf(packed) then
    forget(device)
    put(device, node, at and (packed .. '\\n' .. at .. '\\n' .. before) or packed)
  end
end
return out`

/** ARGV: prefix, then device, epoch … → 1 for each that was the route. */
export const release = `${route}
local out = {}
for i = 2, #ARGV, 2 do
  local device, epoch = ARGV[i], tonumber(ARGV[i + 1])
  local node, sessions = known(device)
  local is = sessions and epochOf(sessions) == epoch
  if is then
    local _, rest = split(sessions)
    forget(device)
    putBack(device, rest)
  elseif sessions then
    local first, rest = split(sessions)
    local kept = without(rest, function(_, packed) return epochOf(packed) == epoch end)
    if kept ~= rest then redis.call('HSET', p .. 'n:' .. node, device, kept == '' and first or (first .. '\\n' .. kept)) end
  end
  out[#out + 1] = is and 1 or 0
end
return out`

/** ARGV: prefix, devices → for each its live route, or ''. */
export const routes = `${route}
local out = {}
for i = 2, #ARGV do
  local node, sessions = known(ARGV[i])
  local live = node and redis.call('EXISTS', p .. 'l:' .. node) == 1
  out[#out + 1] = live and (node .. '\\n' .. split(sessions)) or ''
end
return out`

/** Answers name nodes, each with its stream in a second line. */
const named = `
local function named(node) return node .. '\\n' .. (redis.call('GET', p .. 's:' .. node) or '') end
`

const run = `
local p, node = ARGV[1], ARGV[2]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
`

/** As `restore`; 0: nothing was done, since a server that was emptied or started again does not know all routes. */
export const claim = `${run}
if redis.call('GET', p .. 'whole') ~= run then return 0 end
${restore}`

/** ARGV: prefix → nodes all of whose routes are known, each with its stream. */
export const told = `${run}${named}
local out = {}
for _, node in ipairs(redis.call('SMEMBERS', p .. 'nodes')) do
  if redis.call('GET', p .. 'k:' .. node) == run then out[#out + 1] = named(node) end
end
return out`

/** ARGV: prefix, nodes → 1: all their routes are known. */
export const whole = `${run}
for i = 2, #ARGV do
  if redis.call('GET', p .. 'k:' .. ARGV[i]) ~= run then return 0 end
end
redis.call('SET', p .. 'whole', run)
return 1`

/**
 * ARGV: prefix, node, ms, its stream or '' → 1: all its routes are known. A server that was started again may have lost some, and while there was
 * no lease others may have replaced some.
 */
export const lease = `${run}
if redis.call('EXISTS', p .. 'l:' .. node) == 0 then redis.call('DEL', p .. 'k:' .. node) end
redis.call('ZREM', p .. 'dying', node)
redis.call('SET', p .. 'l:' .. node, '1', 'PX', ARGV[3])
redis.call('SADD', p .. 'nodes', node)
if ARGV[4] ~= '' then redis.call('SET', p .. 's:' .. node, ARGV[4]) end
return redis.call('GET', p .. 'k:' .. node) == run and 1 or 0`

/** ARGV: prefix, node. */
export const complete = `${run}
if redis.call('EXISTS', p .. 'l:' .. node) == 1 then redis.call('SET', p .. 'k:' .. node, run) end
return 1`

/** ARGV: prefix, ms after which another one is told → nodes without a lease that are not buried, each with its stream. */
export const expired = `
local p, out = ARGV[1], {}
${named}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, node in ipairs(redis.call('SMEMBERS', p .. 'nodes')) do
  if redis.call('EXISTS', p .. 'l:' .. node) == 0 then
    local told = redis.call('ZSCORE', p .. 'dying', node)
    if not told or tonumber(told) <= now - ARGV[2] then
      redis.call('ZADD', p .. 'dying', now, node)
      out[#out + 1] = named(node)
    end
  end
end
return out`

/**
 * ARGV: prefix, node, cursor, how many → the next cursor, then devices and packed routes that are forgotten now. '' as cursor: that is all, or
 * the node has a lease.
 */
export const bury = `${route}
local node = ARGV[2]
if redis.call('EXISTS', p .. 'l:' .. node) == 1 then return { '' } end
local hash = p .. 'n:' .. node
local page = redis.call('HSCAN', hash, ARGV[3], 'COUNT', ARGV[4])
local out = { page[1] }
for i = 1, #page[2], 2 do
  local device = page[2][i]
  if redis.call('HDEL', hash, device) == 1 then
    local first, rest = split(page[2][i + 1])
    if redis.call('GET', p .. 'd:' .. device) == node then
      putBack(device, without(rest, function(at) return at == node end))
    end
    out[#out + 1] = device
    out[#out + 1] = first
  end
end
if page[1] == '0' and redis.call('EXISTS', hash) == 0 then
  redis.call('SREM', p .. 'nodes', node)
  redis.call('ZREM', p .. 'dying', node)
  redis.call('DEL', p .. 'k:' .. node, p .. 's:' .. node)
  out[1] = ''
end
return out`

/** ARGV: prefix → devices that are online. */
export const count = `
local p, n = ARGV[1], 0
for _, node in ipairs(redis.call('SMEMBERS', p .. 'nodes')) do
  if redis.call('EXISTS', p .. 'l:' .. node) == 1 then n = n + redis.call('HLEN', p .. 'n:' .. node) end
end
return n`
