// A card shows one service. Whatever comes from a service or a compiler is put in
// as text, never as HTML.
import { appendStyled, Log } from './log.js';
import { drawTrend, memory, requests } from './trend.js';

const levels = {
  waiting: 'busy', building: 'busy', starting: 'busy', healthy: 'ok',
  unhealthy: 'bad', stopping: 'bad', stopped: 'bad', failed: 'bad', crashed: 'bad',
};

// levelOf is how the service's state is coloured: ok, busy, bad, or warn for one
// that serves though its last build failed.
export function levelOf(service) {
  const level = levels[service.state] ?? 'bad';
  return level === 'ok' && buildFailed(service.build) ? 'warn' : level;
}

const buildFailed = (build) => Boolean(build?.at) && !build.ok;

// What can be ordered in which state; dev has the last word.
const orders = {
  start: ['stopped', 'failed', 'crashed'],
  stop: ['waiting', 'building', 'starting', 'healthy', 'unhealthy', 'crashed'],
  reload: ['healthy', 'unhealthy', 'failed', 'crashed'],
};
const ordered = { start: 'Starting …', stop: 'Stopping …', reload: 'Reloading …' };

export class Card {
  // poll is called when the status is likely to have changed.
  constructor(name, poll) {
    this.element = document.getElementById('card').content.firstElementChild.cloneNode(true);
    this.parts = {};
    for (const part of this.element.querySelectorAll('[data-id]')) this.parts[part.dataset.id] = part;
    this.buttons = [...this.element.querySelectorAll('[data-order]')];
    this.name = name;
    this.poll = poll;
    this.log = new Log(this.parts.lines, this.parts.end, this.parts.unfold);
    this.parts.name.textContent = name;
    this.element.setAttribute('aria-label', name);
    this.parts.lines.setAttribute('aria-label', `Log of ${name}`);
    this.parts.unfold.setAttribute('aria-label', `Details of all lines of ${name}`);
    this.parts.words.setAttribute('aria-label', `Last words of ${name}`);
    for (const button of this.buttons) {
      button.setAttribute('aria-label', `${button.textContent} ${name}`);
      button.addEventListener('click', () => this.order(button));
    }
  }

  draw(service, now) {
    const { parts } = this;
    if (service.state !== this.state && !this.waitsFor) this.answer(''); // what was refused is past
    this.state = service.state;
    this.element.dataset.level = levelOf(service);
    this.element.dataset.state = service.state;
    this.element.querySelector('.state use').setAttribute('href', `#${service.state}`);
    setText(parts.state, service.state);
    setText(parts.reason, service.reason ?? '');
    setLink(parts.url, service.url);
    setText(parts.pid, service.pid ? String(service.pid) : '–');
    setText(parts.uptime, service.pid && service.since ? duration(now - new Date(service.since)) : '–');
    setText(parts.reloads, String(service.reloads ?? 0));
    setText(parts.restarts, String(service.restarts ?? 0));
    this.drawLastWords((service.last_words ?? []).join('\n'));
    this.drawBuild(service.build);
    drawTrend(parts.memory.closest('figure'), memory, service.memory ?? []);
    drawTrend(parts.requests.closest('figure'), requests, service.requests ?? []);
    this.log.draw(service.log ?? []);
    this.drawButtons();
  }

  // drawLastWords shows at once why a process has ended, wherever its log is scrolled to.
  drawLastWords(text) {
    if (text === this.lastWords) return;
    this.lastWords = text;
    this.parts.words.parentElement.hidden = text === '';
    this.parts.words.replaceChildren();
    appendStyled(this.parts.words, text);
  }

  drawBuild(build) {
    const key = JSON.stringify(build ?? null);
    if (key === this.build) return;
    this.build = key;
    const { parts } = this;
    const details = parts.output.closest('details');
    const output = (build?.output ?? '').trimEnd();
    const failed = buildFailed(build);
    details.dataset.failed = failed;
    details.dataset.empty = output === '';
    details.open = failed && output !== ''; // until the user closes it, or the next build
    parts.output.replaceChildren();
    appendStyled(parts.output, output);
    if (!build?.at) return setText(parts.build, 'none yet');
    const at = new Date(build.at).toLocaleTimeString('en-GB');
    setText(parts.build, `${failed ? '✕ failed after' : '✓'} ${seconds(build.took_ms)} · ${at}`);
  }

  // Buttons that can't be used keep the focus: they are aria-disabled, not disabled.
  drawButtons() {
    for (const button of this.buttons) {
      const possible = !this.gone && !this.waitsFor && orders[button.dataset.order].includes(this.state);
      button.setAttribute('aria-disabled', String(!possible));
    }
  }

  setGone(gone) {
    this.gone = gone;
    this.drawButtons();
  }

  async order(button) {
    if (button.getAttribute('aria-disabled') === 'true') return;
    const { order } = button.dataset;
    this.waitsFor = order;
    this.answer(ordered[order]);
    this.drawButtons();
    setTimeout(this.poll, 50); // orders may take as long as their work: see it begin
    try {
      const response = await fetch(`services/${encodeURIComponent(this.name)}/${order}`, { method: 'POST' });
      const text = await response.text();
      if (response.ok) this.answer('');
      else this.answer(JSON.parse(text).error, 'refused');
    } catch (error) {
      this.answer(`No answer from dev: ${error.message}`, 'refused');
    }
    this.waitsFor = undefined;
    this.drawButtons();
    this.poll();
  }

  answer(text, kind = '') {
    this.parts.answer.dataset.kind = kind;
    setText(this.parts.answer, text);
  }
}

// setText leaves a text that is right alone, so that a selection in it survives.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setLink(link, url) {
  setText(link, (url ?? '').replace(/^https?:\/\//, ''));
  if (/^https?:\/\//.test(url ?? '')) link.href = url;
  else link.removeAttribute('href');
}

function seconds(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [m, h, d] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86400)];
  if (d) return `${d}d ${h % 24}h`;
  if (h) return `${h}h ${m % 60}m`;
  if (m) return `${m}m ${s % 60}s`;
  return `${s}s`;
}
