// A trend is the last two minutes of a number, one each second, as a curve that
// moves to the left.

const width = 119, height = 32; // of the viewBox: 120 points
const pad = 2;

const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);

// leastSpan is what fills the height at least: a small change is no cliff.
export const memory = {
  name: 'Memory', leastSpan: 8 * 2 ** 20, fromZero: false,
  text: (now, max) => `${mib(now)} · max ${mib(max)} MiB`,
};
export const requests = {
  name: 'Requests per second', leastSpan: 5, fromZero: true,
  text: (now, max) => `${now}/s · max ${max}/s`,
};

export function drawTrend(figure, kind, values) {
  const svg = figure.querySelector('svg');
  const [area, line] = svg.children;
  if (values.length === 0) {
    area.setAttribute('d', '');
    line.setAttribute('d', '');
    return setLabel(figure, kind, '–');
  }
  const min = kind.fromZero ? 0 : Math.min(...values), max = Math.max(...values);
  const span = Math.max(max - min, kind.leastSpan);
  const low = kind.fromZero ? 0 : (min + max) / 2 - span / 2;
  const x = (i) => width - (values.length - 1 - i);
  const y = (value) => (height - pad - (value - low) / span * (height - 2 * pad)).toFixed(2);
  const points = values.map((value, i) => `${x(i)} ${y(value)}`).join('L');
  line.setAttribute('d', `M${points}`);
  area.setAttribute('d', `M${x(0)} ${height}L${points}L${width} ${height}Z`);
  setLabel(figure, kind, kind.text(values.at(-1), max));
}

function setLabel(figure, kind, text) {
  const numbers = figure.querySelector('[data-id]');
  if (numbers.textContent === text) return;
  numbers.textContent = text;
  figure.querySelector('svg').setAttribute('aria-label', `${kind.name} in the last two minutes: ${text}`);
}
