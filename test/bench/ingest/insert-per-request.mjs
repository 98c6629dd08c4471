// A peer of the benchmark: the collector that people write first. One ClickHouse insert for each request, answered 202
// when ClickHouse has answered. Told over IPC where ClickHouse is.
import http from 'node:http';

const CONNECTIONS_MAX = 256;
const ANSWER = Buffer.from('{"accepted":1}');
const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });

process.once('message', ({ insert, headers }) => {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const event = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
      const row = Buffer.from(JSON.stringify(event));
      const asked = http.request(insert, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': row.length },
      });
      asked.on('response', (answer) => {
        answer.resume();
        answer.on('end', () => {
          response.writeHead(answer.statusCode === 200 ? 202 : 503, { 'content-length': ANSWER.length });
          response.end(ANSWER);
        });
      });
      asked.on('error', () => response.writeHead(503).end());
      asked.end(row);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
});
