-- Posts prepared bodies in turn; prints what came of it as one line of JSON.
--
--   wrk ... -s post.lua URL -- PERIOD_MS CONTENT_TYPE FILE...
--
-- Each connection sends its next request PERIOD_MS after its last one, or at once with 0. With as
-- many threads as connections, every thread times its own answers by status, because wrk's own
-- latency does not tell a refusal from an answer.

local ffi = require("ffi")
ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } time_spec;
int clock_gettime(int clock, time_spec *now);
]]
local spec = ffi.new("time_spec")

local function milliseconds()
  ffi.C.clock_gettime(1, spec) -- CLOCK_MONOTONIC
  return tonumber(spec.seconds) * 1000 + tonumber(spec.nanoseconds) / 1e6
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

local requests, turn, period, started, waited = {}, 0, 0, 0, true

function init(arguments)
  period = tonumber(arguments[1])
  accepted, refused, silent = "", "", 0
  wrk.headers["Content-Type"] = arguments[2]
  for index = 3, #arguments do
    local file = assert(io.open(arguments[index], "rb"))
    table.insert(requests, wrk.format("POST", nil, nil, file:read("*all")))
    file:close()
  end
  math.randomseed(milliseconds())
  turn = math.random(#requests)
  if period > 0 then
    function delay()
      if started == 0 then
        return math.floor(math.random() * period)
      end
      return math.max(0, math.floor(started + period - milliseconds()))
    end
    function response(status, headers)
      local took = string.format("%.2f ", milliseconds() - started)
      if status == 200 then
        accepted = accepted .. took
      else
        refused = refused .. took
        if not headers["Retry-After"] and not headers["retry-after"] then
          silent = silent + 1
        end
      end
    end
  end
end

function request()
  started = milliseconds()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local own_accepted, own_refused, own_silent = {}, {}, 0
  for _, thread in ipairs(threads) do
    for word in (thread:get("accepted") or ""):gmatch("%S+") do
      table.insert(own_accepted, word)
    end
    for word in (thread:get("refused") or ""):gmatch("%S+") do
      table.insert(own_refused, word)
    end
    own_silent = own_silent + (thread:get("silent") or 0)
  end
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p95_ms": %.3f, "p99_ms": %.3f, '
    .. '"not_200": %d, "unanswered": %d, "silent": %d, "accepted_ms": [%s], "refused_ms": [%s]}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, own_silent,
    table.concat(own_accepted, ", "), table.concat(own_refused, ", ")))
end
