import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
	title: string;
	wide?: boolean;
	onClose: () => void;
	children: ComponentChildren;
	foot: ComponentChildren;
}

// A dialog may open another one and be gone before it: then the focus goes back to where it was before both.
let opened = 0;
let opener: HTMLElement | null = null;

/**
 * A native modal: the browser keeps the focus inside, Esc closes, the focus goes back after. In a layout
 * effect, so that it is back before the dialog is gone: a key in between would go nowhere.
 */
export function Dialog({ title, wide, onClose, children, foot }: Props) {
	const ref = useRef<HTMLDialogElement>(null);
	const id = useId();
	useLayoutEffect(() => {
		const dialog = ref.current!;
		const before = document.activeElement as HTMLElement | null;
		if (opened++ === 0) opener = before;
		dialog.showModal();
		return () => {
			dialog.close();
			opened--;
			(before?.isConnected ? before : opener)?.focus();
		};
	}, []);
	const onCancel = (e: Event) => {
		e.preventDefault();
		onClose();
	};
	return (
		<dialog class={wide ? 'dialog wide' : 'dialog'} ref={ref} aria-labelledby={id} onCancel={onCancel}>
			<div class="dialog-body">
				<h2 id={id} tabIndex={-1}>
					{title}
				</h2>
				{children}
			</div>
			<div class="dialog-foot">{foot}</div>
		</dialog>
	);
}
