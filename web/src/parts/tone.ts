// A state is icon + word + colour, always together.
import type { Event, Finding, Verdict } from '../api/model';
import type { IconName } from './sprite';

export type Tone = 'ok' | 'warn' | 'bad' | 'work' | 'note' | 'idle';

export interface Look {
	tone: Tone;
	icon: IconName;
}

const VERDICTS: Record<Verdict['word'], Look> = {
	Healthy: { tone: 'ok', icon: 'check-c' },
	Syncing: { tone: 'work', icon: 'sync' },
	'Catching up': { tone: 'work', icon: 'catch' },
	Working: { tone: 'work', icon: 'work' },
	'Needs attention': { tone: 'warn', icon: 'alert' },
	Stopped: { tone: 'idle', icon: 'stopped' },
	Down: { tone: 'bad', icon: 'stop8' },
	Unknown: { tone: 'idle', icon: 'question' },
};

export function verdictLook(word: Verdict['word']): Look {
	return VERDICTS[word] ?? VERDICTS.Unknown;
}

const LEVELS: Record<Finding['level'], Look> = {
	bad: { tone: 'bad', icon: 'stop8' },
	warn: { tone: 'warn', icon: 'alert' },
	note: { tone: 'note', icon: 'info' },
};

export function findingLook(level: Finding['level']): Look {
	return LEVELS[level];
}

const EVENTS: Record<Event['type'], Look> = {
	job: { tone: 'note', icon: 'work' },
	stack: { tone: 'idle', icon: 'node' },
	service: { tone: 'idle', icon: 'node' },
	engine: { tone: 'idle', icon: 'station' },
	finding: { tone: 'warn', icon: 'alert' },
	oom: { tone: 'bad', icon: 'stop8' },
	limits: { tone: 'idle', icon: 'diamond' },
	access: { tone: 'idle', icon: 'user' },
	settings: { tone: 'idle', icon: 'settings' },
	station: { tone: 'idle', icon: 'station' },
};

/** How a job, or a finding, ended. */
const ENDS: Record<string, Look> = {
	'finding.over': { tone: 'ok', icon: 'check-c' },
	'job.done': { tone: 'ok', icon: 'check-c' },
	'job.failed': { tone: 'bad', icon: 'stop8' },
	'job.rolled_back': { tone: 'warn', icon: 'undo' },
};

export function eventLook(e: Event): Look {
	const level = (e.data as { level?: Finding['level'] } | null)?.level;
	const end = ENDS[e.code ?? ''];
	if (end) return end;
	if (e.type === 'finding' && level) return findingLook(level);
	return EVENTS[e.type] ?? EVENTS.station;
}
