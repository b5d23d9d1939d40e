## A request: its type, id and fields (text); [] where there are no more.

function request = receive ()
  requests = kernel_runner.stream ("requests", "/dev/fd/3", "rb");
  header = fgetl (requests);
  request = [];
  if (! ischar (header) || header(1) == "Q")
    return;
  endif
  numbers = sscanf (header(3:end), "%d")';
  fields = cell (1, numel (numbers) - 1);
  for index = 1:numel (fields)
    fields{index} = char (fread (requests, numbers(index+1), "uint8=>uint8")');
  endfor
  request = struct ("type", header(1), "id", numbers(1), "fields", {fields});
endfunction
