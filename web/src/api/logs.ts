import { send } from './client';

export interface LogLine {
	at: number;
	stream: string;
	text: string;
}

/** Reads a container's log until it ends or `signal` is raised; lines come in bunches. */
export async function readLog(stack: string, service: string, tail: number, follow: boolean, signal: AbortSignal, onLines: (lines: LogLine[]) => void): Promise<void> {
	const path = `stacks/${stack}/services/${service}/logs?tail=${tail}&follow=${follow}`;
	const answer = await send(path, { signal, accept: 'application/x-ndjson' });
	const reader = answer.body!.getReader();
	const decoder = new TextDecoder();
	let rest = '';
	for (;;) {
		const { done, value } = await reader.read();
		rest += decoder.decode(value, { stream: !done });
		const parts = rest.split('\n');
		rest = done ? '' : parts.pop()!;
		const lines = parts.filter(Boolean).map(parse);
		if (lines.length) onLines(lines);
		if (done) return;
	}
}

function parse(line: string): LogLine {
	try {
		return JSON.parse(line) as LogLine;
	} catch {
		return { at: 0, stream: 'stdout', text: line };
	}
}
