internal import CommandOptions
internal import Core
internal import JSON
internal import ReissueKit
internal import Templates

/// One call of `eval`.
struct EvalCommand {
  static let command = Command(
    "eval", "Evaluate one expression against an event, as a template would.",
    discussion: [
      """
      Prints the bare JSON value; null is a value. The expression sees what `when` and `items` of a \
      template see: the event as @, and $event, $now, $vars and, with --template, its $data. With \
      --item it sees what `reissue` sees: the item as @, $item, $index and the names in `let`.
      """,
      "Put expressions into single quotes: backticks and $ mean something to the shell.",
    ],
    examples: [
      "ncloud-reissue eval 'alerts[*].labels.instance' < alert.json",
      "ncloud-reissue eval -t alertmanager --item 0 '$cert.cn' < alert.json",
      "ncloud-reissue eval --ast 'labels.cn || $cert.cn'",
      "ncloud-reissue eval --functions parse_time",
    ],
    statuses: [
      0: "There is a value.", 65: "The event cannot be read, or does not fit the expression.",
      78: "The expression or the template is wrong.",
    ],
    operands: [
      Operand(
        "expression", count: .optional,
        help: "The expression; with --functions the name of one function.")
    ],
    groups: [
      Command.Group(
        "Options",
        [
          .ast, .functions, .item,
          .json.described("Write errors as JSON on standard output, and --functions too."),
        ]), .event, .timedTemplate, .output,
    ],
    run: { EvalCommand(call: $0).status().rawValue })

  private let call: Invocation
  private var expression: String? { call.operands.first }

  private func status() -> ExitStatus {
    let session = Session(call)
    do throws(ReissueError) {
      try checkUsage()
      let settings = try session.settings()
      return status(session, settings)
    } catch {
      session.log().log(error)
      return fail(error, isPretty: call.has(.pretty))
    }
  }

  private func checkUsage() throws(ReissueError) {
    if expression == nil, !call.has(.functions) {
      throw call.wrongUsage("an expression is missing; --functions lists what it can call")
    }
    if call.has(.ast), call.has(.functions) || call.has(.item) {
      throw call.wrongUsage("--ast reads no event: leave out --functions and --item")
    }
  }

  private func status(_ session: Session, _ settings: Settings) -> ExitStatus {
    if call.has(.functions) { return list(isPretty: settings.isPretty, session.log(settings)) }
    if !call.has(.ast), session.lacksEvent(settings) {
      return fail(session.missEvent(call.path), isPretty: settings.isPretty)
    }
    let log = session.log(settings)
    do throws(ExpressionTrial.Failure) {
      let value = try value(session, settings, log)
      return write(value, isPretty: settings.isPretty)
    } catch {
      log.log(error)
      return fail(error.error, isPretty: settings.isPretty)
    }
  }

  private func value(
    _ session: Session, _ settings: Settings, _ log: Log
  ) throws(ExpressionTrial.Failure) -> JSONValue {
    let source = expression ?? ""
    guard !call.has(.ast) else { return try ExpressionTrial.tree(of: source) }
    let deadline = session.deadline(settings)
    let evaluation = try ExpressionTrial(
      source, item: call.integer(.item), settings: settings, context: session.context)
    let event = try mapError(ExpressionTrial.Failure.surroundings) { () throws(ReissueError) in
      try session.event(settings, until: deadline)
    }
    let answer = try evaluation.answer(for: event, until: deadline)
    if let missing = answer.missing {
      log.log(answer.value.isNull ? .warning : .info, "nothing was found: \(missing)")
    }
    return answer.value
  }

  private func list(isPretty: Bool, _ log: Log) -> ExitStatus {
    do throws(ReissueError) {
      let list = try FunctionList(named: expression)
      guard !call.has(.json) else { return write(list.json, isPretty: isPretty) }
      return Terminal.write(Array(list.text.utf8), exit: .done)
    } catch {
      log.log(error)
      return fail(error, isPretty: isPretty)
    }
  }

  private func fail(_ error: ReissueError, isPretty: Bool) -> ExitStatus {
    guard call.has(.json) else { return error.exit }
    return write(RenderReport(error).json, isPretty: isPretty, exit: error.exit)
  }

  private func write(
    _ value: JSONValue, isPretty: Bool, exit: ExitStatus = .done
  ) -> ExitStatus {
    Terminal.write(CommandAnswer.document(value).bytes(isPretty: isPretty), exit: exit)
  }
}
