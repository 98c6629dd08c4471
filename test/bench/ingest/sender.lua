-- wrk script: POSTs events to `path`, `batch` to a request. Each event is a typical page view of about 280 bytes as JSON.
local batch = tonumber(os.getenv("BENCH_BATCH") or "1")
local path = os.getenv("BENCH_PATH") or "/v1/events"
local thread_count = 0

function setup(thread)
  thread:set("id", thread_count)
  thread_count = thread_count + 1
end

local n = 0
local function event()
  n = n + 1
  return string.format(
    '{"name":"pageview","visitor_id":"v%05d","url":"https://shop.example/products/%d?utm_source=newsletter&utm_campaign=spring","referrer":"https://www.google.com/","title":"Product %d","screen":"1440x900","language":"en-US","properties":{"plan":"pro","items":%d,"variant":"b"}}',
    (n * 7919) % 20000, n % 500, n % 500, n % 9)
end

local bodies = {}
function init(args)
  for i = 1, 200 do
    if batch == 1 then
      bodies[i] = wrk.format("POST", path, { ["Content-Type"] = "application/json", ["User-Agent"] = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36" }, event())
    else
      local events = {}
      for j = 1, batch do events[j] = event() end
      bodies[i] = wrk.format("POST", path, { ["Content-Type"] = "application/json", ["User-Agent"] = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36" }, "[" .. table.concat(events, ",") .. "]")
    end
  end
end

local i = 0
function request()
  i = i % #bodies + 1
  return bodies[i]
end

local failed = 0
function response(status)
  if status < 200 or status > 299 then failed = failed + 1 end
end

function done(summary, latency)
  io.write(string.format('RESULT {"requests":%d,"durationUs":%d,"errors":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
