import type { Stack } from '../api/model';
import { hasContainer } from '../state/stack';
import { Icon } from './icon';

/** Why a page about containers does not show everything that the stack has. */
export function BuiltinNote({ stack, text }: { stack: Stack; text: string }) {
	if (stack.services.every(hasContainer)) return null;
	return (
		<p class="small soft note-line">
			<Icon name="info" small />
			<span>{text}</span>
		</p>
	);
}
