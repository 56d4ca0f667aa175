// The page asks dev for its status twice a second and draws what has changed.
import { Card, levelOf } from './card.js';

const pollEvery = 500, giveUpAfter = 2000; // ms

const byId = (id) => document.getElementById(id);
const cards = new Map(); // by the service's name
let timer;
let asked = 0; // how many times
let drawn = 0; // which answer: one that a later one has overtaken is not drawn

// poll draws the status, or that there is none, and comes back.
async function poll() {
  clearTimeout(timer);
  const turn = ++asked;
  let status, problem;
  try {
    const response = await fetch('status.json', { cache: 'no-store', signal: AbortSignal.timeout(giveUpAfter) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    status = await response.json();
  } catch (error) {
    problem = error.name === 'TimeoutError' ? 'dev does not answer' : 'dev is gone';
  }
  if (turn === asked) timer = setTimeout(poll, pollEvery);
  if (turn < drawn) return;
  drawn = turn;
  if (status) draw(status);
  else announce({ level: 'gone', shape: 'gone', text: `${problem}: what is below is old`, short: problem });
}

function draw(status) {
  const services = status.services ?? [];
  const now = new Date(status.time); // dev's clock, not the browser's
  for (const [name, card] of cards) {
    if (!services.some((s) => s.name === name)) {
      card.element.remove();
      cards.delete(name);
    }
  }
  services.forEach((service, i) => {
    let card = cards.get(service.name);
    if (!card) cards.set(service.name, card = new Card(service.name, poll));
    const place = byId('services').children[i];
    if (place !== card.element) byId('services').insertBefore(card.element, place ?? null);
    card.draw(service, now);
  });
  byId('updated').textContent = now.toLocaleTimeString('en-GB');
  if (byId('notice').textContent !== status.notice) byId('notice').textContent = status.notice;
  announce(summary(services));
}

// summary is the state of all services: the worst one's level, and what is to be
// said of each that is not simply healthy, the worst first.
function summary(services) {
  if (services.length === 0) return { level: 'busy', shape: 'waiting', text: 'dev has no services', short: 'no services' };
  const sorted = ['bad', 'busy', 'warn'].flatMap((level) => services.filter((s) => levelOf(s) === level));
  if (sorted.length === 0) {
    const text = services.length === 1 ? `${services[0].name} is healthy` : `All ${services.length} services are healthy`;
    return { level: 'ok', shape: 'healthy', text, short: `${services.length} healthy` };
  }
  const [worst] = sorted;
  const level = levelOf(worst);
  return { level, shape: level === 'warn' ? 'unhealthy' : worst.state, text: sorted.map(sentence).join(' · '), short: sentence(worst) };
}

function sentence(service) {
  if (levelOf(service) === 'warn') return `${service.name}: the last build failed`;
  if (service.state === 'failed') return `${service.name} does not build`;
  return `${service.name} ${service.state === 'crashed' ? 'has' : 'is'} ${service.state}`;
}

const favicons = {
  ok: ['#1a7f37', '<circle cx="8" cy="8" r="8" fill="COLOUR"/><path d="m4.5 8.5 2.5 2.5 4.5-5.5"/>'],
  busy: ['#9a6700', '<circle cx="8" cy="8" r="8" fill="COLOUR"/><path d="M4 8h.1M8 8h.1M12 8h.1"/>'],
  warn: ['#9a6700', '<path d="M8 0 16 16H0z" fill="COLOUR" stroke="none"/><path d="M8 6v4M8 13v.1"/>'],
  bad: ['#cf222e', '<path d="M0 0h16v16H0z" fill="COLOUR" stroke="none"/><path d="m5 5 6 6m0-6-6 6"/>'],
  gone: ['#6e7781', '<path d="M0 0h16v16H0z" fill="COLOUR" stroke="none"/><path d="m5 5 6 6m0-6-6 6"/>'],
};
const marks = { ok: '✓', busy: '…', warn: '!', bad: '✕', gone: '✕' };

// announce puts the state of the whole where it is seen and heard: the banner (a
// live region: it is left alone when nothing is new), the title and the icon.
function announce({ level, shape, text, short }) {
  document.title = `${marks[level]} ${short} · dev`;
  if (byId('summary').textContent !== text) byId('summary').textContent = text;
  document.querySelector('.banner use').setAttribute('href', `#${shape}`);
  if (document.documentElement.dataset.level === level) return;
  document.documentElement.dataset.level = level;
  for (const card of cards.values()) card.setGone(level === 'gone');
  const [colour, drawing] = favicons[level];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round">${drawing.replace('COLOUR', colour)}</svg>`;
  document.querySelector('link[rel=icon]').href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

// A hidden page's timers are slowed down: catch up when it is looked at.
document.addEventListener('visibilitychange', () => { if (!document.hidden) poll(); });
poll();
