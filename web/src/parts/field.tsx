import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { t } from '../lang';
import { Icon } from './icon';

interface FieldProps {
	label: string;
	help?: ComponentChildren;
	error?: string;
	/** Gets the ids that the control needs. */
	children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ComponentChildren;
}

/** Label, control, help and error, tied together for screen readers. */
export function Field({ label, help, error, children }: FieldProps) {
	const id = useId();
	const described = [error && `${id}-e`, help && `${id}-h`].filter(Boolean).join(' ') || undefined;
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
			{error && (
				<p class="error" id={`${id}-e`}>
					<Icon name="alert" />
					<span>{error}</span>
				</p>
			)}
			{help && (
				<p class="help" id={`${id}-h`}>
					{help}
				</p>
			)}
		</div>
	);
}

interface TextProps {
	label: string;
	value: string;
	/** While typing. */
	onText?: (value: string) => void;
	/** When the reader has finished typing. */
	onDone?: (value: string) => void;
	help?: ComponentChildren;
	error?: string;
	mono?: boolean;
	name?: string;
	autocomplete?: string;
	autocapitalize?: 'none';
	inputMode?: 'decimal' | 'numeric';
	minLength?: number;
	maxLength?: number;
	pattern?: string;
	placeholder?: string;
	required?: boolean;
	autoFocus?: boolean;
}

/** The attributes of the input itself. */
function inputProps({ value, onText, onDone: _d, ...p }: TextProps) {
	const { label: _l, help: _h, error: _e, mono: _m, ...rest } = p;
	return {
		value,
		spellcheck: false,
		onInput: (e: { currentTarget: HTMLInputElement }) => onText?.(e.currentTarget.value),
		...rest,
	};
}

/** Readings come in while somebody types: what is half typed stays until it is done. */
export function useDraft(value: string, onDone: ((value: string) => void) | undefined) {
	const [draft, setDraft] = useState<string>();
	return {
		value: draft ?? value,
		onInput: (e: { currentTarget: HTMLInputElement }) => setDraft(e.currentTarget.value),
		onChange: (e: { currentTarget: HTMLInputElement }) => {
			setDraft(undefined);
			onDone?.(e.currentTarget.value);
		},
		onBlur: () => setDraft(undefined),
	};
}

export function TextField(p: TextProps) {
	const typed = useDraft(p.value, p.onDone);
	return (
		<Field label={p.label} help={p.help} error={p.error}>
			{(ids) => <input class={p.mono ? 'input mono' : 'input'} type="text" {...inputProps(p)} {...(p.onDone && typed)} {...ids} />}
		</Field>
	);
}

/** A password or secret with a button that shows it. */
export function SecretField(p: TextProps) {
	const [shown, setShown] = useState(false);
	return (
		<Field label={p.label} help={p.help} error={p.error}>
			{(ids) => (
				<div class="input-group">
					{shown ? <input class="input" type="text" {...inputProps(p)} {...ids} /> : <input class="input" type="password" {...inputProps(p)} {...ids} />}
					<button class="btn square" type="button" aria-label={t('secret.show')} aria-pressed={shown} onClick={() => setShown(!shown)}>
						<Icon name="eye" />
					</button>
				</div>
			)}
		</Field>
	);
}

interface SelectProps {
	label: string;
	value: string;
	options: { value: string; title: string }[];
	onPick: (value: string) => void;
	help?: ComponentChildren;
}

export function SelectField({ label, value, options, onPick, help }: SelectProps) {
	return (
		<Field label={label} help={help}>
			{(ids) => (
				<select class="select" value={value} onChange={(e) => onPick(e.currentTarget.value)} {...ids}>
					{options.map((o) => (
						<option key={o.value} value={o.value}>
							{o.title}
						</option>
					))}
				</select>
			)}
		</Field>
	);
}
