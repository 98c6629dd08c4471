// The peer of the benchmark: a bare node:http server that collects the body, parses the same JSON and answers 202. It
// checks nothing, keeps nothing and loses everything.
import http from 'node:http';

const ANSWER = Buffer.from('{"accepted":1}');

http
  .createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': ANSWER.length });
      response.end(ANSWER);
    });
  })
  .listen(0, '127.0.0.1', function () {
    process.send({ port: this.address().port });
  });
