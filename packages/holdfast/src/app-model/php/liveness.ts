import type { Syntax } from "../syntax.js";
import { classAround, functionAround, nameOf } from "./php-syntax.js";
import type { PhpProject } from "./project.js";

/** Methods that frameworks call by themselves. */
const called =
  /^(__\w+|index|create|store|show|edit|update|destroy|handle|mount|boot|booted|boot\w+|register|render|save|saved|saving|updated\w*|form|schema|configure|table|run|rules|up|down|process|execute|perform|action|submit|get\w*Attribute|set\w*Attribute|mutate\w+|after\w+|before\w+|on\w+)$/;

/** Whether a file holds a command that a person runs by hand: what it writes was not sent by a visitor. */
export function isCommand(file: string): boolean {
  return /(^|\/)(Console|Commands?)\//.test(file);
}

/** Whether code is never run: a controller that no route names, a helper's class or method that nothing names. */
export function isDead(project: PhpProject, file: string, node: Syntax): boolean {
  const owner = classAround(node);
  const name = nameOf(owner);
  const path = file.slice(project.path("").length);
  if (!project.isLaravel || owner === undefined || name === undefined) return false;
  if (/(^|\/)(Livewire|Filament|Nova|MoonShine|Orchid|Console|Providers|Listeners|Observers|Policies|View)\//.test(path)) return false;
  if (
    owner.type === "trait_declaration" ||
    /(^|\/)(Controllers|Services?|Helpers?|Actions|Repositories|Traits|Support|Classes|Utils)\//.test(path)
  ) {
    if (!isNamedElsewhere(project, name, file)) return true;
    const method = nameOf(functionAround(node));
    return method !== undefined && !called.test(method) && !isCalled(project, method, owner, file);
  }
  return false;
}

function isNamedElsewhere(project: PhpProject, name: string, file: string): boolean {
  return project.usersOf(name).some((one) => one !== file) || isNamedTwice(project, name, file);
}

/** A class that its own file names besides declaring it, as in `Foo::make()`. */
function isNamedTwice(project: PhpProject, name: string, file: string): boolean {
  return ((project.text(file) ?? "").match(new RegExp(`\\b${name}\\b`, "g")) ?? []).length > 1;
}

function isCalled(project: PhpProject, method: string, owner: Syntax, file: string): boolean {
  const others = project.usersOf(method).some((one) => one !== file);
  return others || (owner.text.match(new RegExp(`\\b${method}\\b`, "g")) ?? []).length > 1;
}
