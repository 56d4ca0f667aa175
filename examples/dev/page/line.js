// What a line of a log says: its time, level and message, and the rest. Lines of
// slog's handlers are read, text (key=value) and JSON, and those of other loggers
// that write the same or similar keys.

const keys = { time: ['time', 'ts', 'timestamp', '@timestamp', 't'], level: ['level', 'lvl', 'severity'], message: ['msg', 'message'] };

// parse returns { time, level, message, rest }, or undefined for any other line.
// A line that lacks a time or a level has '' there.
export function parse(text) {
  const pairs = text.startsWith('{') ? jsonPairs(text) : textPairs(text);
  if (!pairs) return undefined;
  const take = (names) => {
    const i = pairs.findIndex((pair) => names.includes(pair.key));
    return i < 0 ? undefined : pairs.splice(i, 1)[0].value;
  };
  const message = take(keys.message);
  const time = take(keys.time), level = take(keys.level);
  if (typeof message !== 'string' || (time === undefined && level === undefined)) return undefined;
  const at = clock(time);
  if (at === undefined) return undefined;
  return { time: at, level: levelName(level), message, rest: pairs.map((pair) => pair.text).join(' ') };
}

// severity is WARN, ERROR or '', for how a line is coloured.
export function severity(level) {
  if (/^WARN/.test(level)) return 'WARN';
  return /^(ERR|FATAL|PANIC|DPANIC|CRIT|ALERT|EMERG)/.test(level) ? 'ERROR' : '';
}

function jsonPairs(text) {
  let object;
  try {
    object = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Object.entries(object).map(([key, value]) => ({ key, value, text: `${key}=${jsonText(value)}` }));
}

const jsonText = (value) => (typeof value === 'string' && /^[^\s="]+$/.test(value) ? value : JSON.stringify(value));

// textPairs splits key=value pairs. Values, and keys, with spaces in them are
// quoted as by Go's strconv.Quote.
function textPairs(text) {
  const pair = /("(?:[^"\\]|\\.)*"|[^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]\S*|)(?: +|$)/y;
  const pairs = [];
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (!match) return undefined;
    pairs.push({ key: unquote(match[1]), value: unquote(match[2]), text: match[0].trimEnd() });
  }
  return pairs.length ? pairs : undefined;
}

const short = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unquote(text) {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g, (_, x, u, U, c) => {
    const hex = x ?? u ?? U;
    return hex === undefined ? short[c] ?? c : String.fromCodePoint(Math.min(parseInt(hex, 16), 0x10ffff));
  });
}

// clock returns HH:MM:SS of a time as RFC 3339 has it, or of seconds or
// milliseconds since 1970; undefined for anything else.
function clock(time) {
  if (time === undefined) return '';
  const number = Number(time);
  const date = new Date(Number.isFinite(number) ? number * (number < 1e11 ? 1000 : 1) : time);
  return Number.isNaN(date.getTime()) ? undefined : date.toLocaleTimeString('en-GB');
}

const numbered = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' }; // as pino has them

const levelName = (level) => (level === undefined ? '' : numbered[level] ?? String(level).toUpperCase());
