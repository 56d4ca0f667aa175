// The trend is the last two minutes of a number, one each second, as a curve that
// moves to the left.

const width = 119, height = 32; // of the viewBox: 120 points
const pad = 2, leastSpan = 8; // a change by one goroutine is no cliff

export function drawTrend(svg, numbers, values) {
  const [area, line] = svg.children;
  if (values.length === 0) {
    area.setAttribute('d', '');
    line.setAttribute('d', '');
    return setLabel(svg, numbers, '–');
  }
  const min = Math.min(...values), max = Math.max(...values), now = values.at(-1);
  const span = Math.max(max - min, leastSpan);
  const low = (min + max) / 2 - span / 2;
  const x = (i) => width - (values.length - 1 - i);
  const y = (value) => (height - pad - (value - low) / span * (height - 2 * pad)).toFixed(2);
  const points = values.map((value, i) => `${x(i)} ${y(value)}`).join('L');
  line.setAttribute('d', `M${points}`);
  area.setAttribute('d', `M${x(0)} ${height}L${points}L${width} ${height}Z`);
  setLabel(svg, numbers, `${now} now · ${min} min · ${max} max`);
}

function setLabel(svg, numbers, text) {
  if (numbers.textContent === text) return;
  numbers.textContent = text;
  svg.setAttribute('aria-label', `Goroutines in the last two minutes: ${text}`);
}
