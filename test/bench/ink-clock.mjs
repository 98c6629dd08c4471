// The least an Ink program can do once a second: one line with the time.
process.env.NODE_ENV = 'production';
const { createElement, useEffect, useState } = await import('react');
const { render, Text } = await import('ink');

function Clock() {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return createElement(Text, null, now.toISOString());
}

// A variable CI, even an empty one, would make Ink wait with its output until the end.
render(createElement(Clock), { interactive: true });
